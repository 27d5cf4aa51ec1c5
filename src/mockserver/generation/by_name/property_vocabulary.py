"""Rules for values by the names of properties, in several languages."""

from typing import NamedTuple

from mockserver.generation.by_name import (
    countries,
    named_things,
    people,
    string_formats,
    text_values,
    timestamps,
)
from mockserver.generation.generation_context import Maker
from mockserver.lazy_pattern import LazyPattern


class NameRule(NamedTuple):
    """A rule for names that end in `name`, if owner, description and siblings match the other members."""

    name: LazyPattern
    maker: Maker
    owner: LazyPattern | None
    described: LazyPattern | None
    siblings: frozenset[str] = frozenset()


def _rule(
    name: str, maker: Maker, owner: str = "", described: str = "", siblings: frozenset[str] = frozenset()
) -> NameRule:
    return NameRule(
        LazyPattern(rf"(?:^|_)(?:{name})$"),
        maker,
        LazyPattern(owner) if owner else None,
        LazyPattern(described) if described else None,
        siblings,
    )


_ADDRESS = frozenset(("city", "zip", "zip_code", "postal_code", "postcode", "street", "town", "zipcode"))
_PERSON = (
    r"person|people|user|customer|client|member|contact|employee|owner|author|agent|patient|guest|student|"
    r"teacher|driver|passenger|profile|attendee|claimant|recipient|sender|buyer|seller|assignee|"
    r"persona|usuario|cliente|paciente|contacto|empleado|candidate|applicant|doctor|actor|artist"
)
_COMPANY = (
    r"company|organi[sz]ation|employer|vendor|supplier|merchant|publisher|brand|empresa|store|shop|bank"
)
_A_PERSON = rf"(?:{_PERSON})$"
_PLACE = r"cit(y|ies)|town|ciudad"
_COUNTRY = r"countr(y|ies)|pais"

_HASHES = {
    "sha_?256": 64,
    "sha_?512": 128,
    "sha_?384": 96,
    "sha_?224": 56,
    "sha_?1": 40,
    "md_?5": 32,
    "crc_?32": 8,
}
"""Number of hexadecimal digits of hash values."""
_HTTP_CODES = (200, 200, 201, 204, 200, 301, 404, 400, 200, 500)
_ERROR_CODES = (400, 404, 409, 422, 401, 403, 500)
_HAPPENINGS = ("created", "updated", "deleted", "approved", "cancelled")
STATES = ("active", "pending", "completed")
"""Default states of things, if the document names none."""
_DEPARTMENTS = ("Engineering", "Sales", "Marketing", "Support", "Finance")
_FREQUENCIES = ("daily", "weekly", "monthly", "yearly")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_CATEGORIES = ("general", "home", "garden", "electronics", "books", "sports", "travel", "food")

STRINGS = (
    _rule(r"first_?name|given_?name|forename|nombre_de_pila|prenom|vorname|firstname", people.first_name),
    _rule(r"last_?name|family_?name|sur_?name|apellidos?|nachname|middle_?name", people.last_name),
    _rule(r"e?_?mail|email_?address|correo(_electronico)?|courriel|emails|reply_to", people.email),
    _rule(r"ip(_?addr(ess)?)?|ip_?v?4(_?addr(ess)?)?|remote_?addr", text_values.ipv4),
    _rule(r"ipv6(_?addr(ess)?)?", text_values.ipv6),
    _rule(r"mac(_?addr(ess)?)?", text_values.mac),
    _rule(r"user_?name|login|nick_?name|handle|screen_?name|usuario|alias", people.username),
    _rule(
        r"(tele)?phone(_?(number|no))?|mobile(_?(number|no))?|cell|fax|telefono|movil|celular|tel|"
        r"msisdn|whatsapp",
        people.phone,
    ),
    _rule(
        r"country(_?code)?|nationality|pais",
        countries.alpha_3,
        described=r"three[- ]letter|3[- ]letter|alpha-?3|iso[ -]?3166-1-alpha-3",
    ),
    _rule(
        r"lang(uage)?(_?code)?|idioma",
        named_things.three_letter_language,
        described=r"three[- ]letter|3[- ]letter|iso[ -]?639-[23]",
    ),
    _rule(r"(country_?(code|iso)?_?)?(iso_?3|alpha_?3(_code)?)|country_code_?3", countries.alpha_3),
    *(
        _rule(name, maker, rf"^(?:{owner})s?$" if owner else "")
        for name, (maker, owner) in named_things.VALUES.items()
    ),
    _rule(r"country_?code|country_iso.*|iso_country|codigo_pais|iso_?2|alpha_?2(_code)?", countries.alpha_2),
    _rule(r"code|iso_?code|codigo", countries.alpha_2, _COUNTRY),
    _rule(r"code|iso_?code|codigo", countries.currency, r"currenc(y|ies)|moneda"),
    _rule(r"code|iso_?code|codigo", countries.language, r"languages?|idioma|locale"),
    _rule(
        r"country|pais",
        countries.alpha_2,
        described=r"two-letter|2-letter|alpha-2|iso[ -]?3166|country code",
    ),
    _rule(r"country|pais|pays|land|nationality|nacionalidad", countries.name),
    _rule(r"city|town|ciudad|localidad|poblacion|municipio|ville|stadt|locality", people.word("city")),
    _rule(
        r"state|province|county|provincia|estado_federal",
        people.word("state"),
        r"address|location|place|direccion",
    ),
    _rule(r"(?<!_)state", people.word("state"), siblings=_ADDRESS),
    _rule(r"province|county|provincia|address_state|billing_state|shipping_state", people.word("state")),
    _rule(r"(zip|postal|post)_?(code)?|codigo_postal|cp|plz|code_postal", people.word("postcode")),
    _rule(
        r"street(_?(address|name|line))?|address_?(line_?)?1|line_?1|calle|rue|strasse|domicilio",
        people.word("street_address"),
    ),
    _rule(r"address_?(line_?)?2|line_?2", people.word("secondary_address")),
    _rule(
        r"(full|postal|street|formatted)?_?address|direccion(_completa)?|adresse|ubicacion",
        people.address,
    ),
    _rule(r"(house|building|street)_?(number|no)", text_values.digits(2)),
    _rule(
        r"image(_?(name|ref|tag))?",
        text_values.one_of("nginx:1.27", "redis:7.4", "postgres:17", "python:3.13-slim", "traefik:3.2"),
        siblings=frozenset(
            ("command", "ports", "entrypoint", "replicas", "image_pull_policy", "mounts", "repo_tags")
        ),
    ),
    _rule(
        r"(avatar|image|photo|picture|pic|thumbnail|thumb|logo|icon|foto|imagen|gravatar|screenshot)s?"
        r"(_?(url|uri|link|src|href)s?)?|(cover|banner|poster|artwork)s?_?(url|uri|link|src|href)s?",
        text_values.picture,
    ),
    _rule(r".*(url|uri|href|link|website|homepage|web|enlace|webhook|endpoint)", text_values.url),
    _rule(r"domain(_?name)?|host(_?name)?|dominio|fqdn", people.company_domain),
    _rule(r"job(_?title)?|occupation|profession|puesto|cargo|profesion", people.word("job")),
    _rule(r"(credit_)?card_(brand|type|network|scheme)", text_values.one_of("visa", "mastercard", "amex")),
    _rule(
        r"(company|organi[sz]ation|employer|vendor|merchant|brand|manufacturer|empresa|"
        r"compania)(_?name)?",
        people.word("company"),
    ),
    _rule(
        r"full_?name|nombre_completo|real_?name|author|persona|contacto|owner|assignee|creator|"
        r"[a-z]+ed_by(_name)?",
        people.full_name,
    ),
    _rule(r"title|name|label|summary", named_things.errors, r"error|problem|fault|warning|failure|exception"),
    _rule(r"name|nombre(_completo)?|title|display_?name|legal_?name", people.word("company"), _COMPANY),
    *(
        _rule(r"name|nombre|title|titulo|display_?name|label", maker, rf"^(?:{noun})s?$")
        for noun, maker in named_things.NAMES.items()
    ),
    _rule(r"name|nombre", people.word("city"), _PLACE),
    _rule(r"name|nombre", countries.name, _COUNTRY),
    _rule(r"name|nombre(_completo)?|display_?name", people.full_name, _A_PERSON),
    _rule(r"arn", text_values.arn),
    _rule(r"region", text_values.one_of(*string_formats.REGIONS)),
    _rule(
        r"(bucket|queue|repo|repository|branch|package|module|image|container|pod)_?name|branch",
        text_values.slug,
    ),
    _rule(r"location|localizacion|lugar|place", people.word("city")),
    _rule(r"slug|permalink|url_key|handle", text_values.slug),
    _rule(r"(next|previous|prev)(_page)?", text_values.url),
    _rule(r"(.*_)?html(_.*)?", text_values.html),
    _rule(r"(.*_)?(rating|score|puntuacion)", text_values.tenths(1, 5)),
    _rule(r"(.*_)?(percent|percentage|pct|porcentaje)", text_values.percentage),
    _rule(r"(.*_)?(event|action|operation|verb|activity)(_(type|name))?", text_values.one_of(*_HAPPENINGS)),
    _rule(r"payment_(method|type)|forma_de_pago", text_values.one_of("card", "bank_transfer", "paypal")),
    _rule(r"(.*_)?department(_name)?|departamento", text_values.one_of(*_DEPARTMENTS)),
    _rule(r"(.*_)?(category|categoria|genre|section)", text_values.one_of(*_CATEGORIES)),
    _rule(
        r"(?<!_)plan|tier|subscription_(plan|tier)", text_values.one_of("free", "pro", "team", "enterprise")
    ),
    _rule(r"environment|env", text_values.one_of("production", "staging", "development")),
    _rule(
        r"(device_)?platform|(?<!_)os|operating_system(_name)?", text_values.one_of("iOS", "Android", "macOS")
    ),
    _rule(r"browser(_name)?", text_values.one_of("Chrome", "Firefox", "Safari", "Edge")),
    _rule(r"device(_type)?", text_values.one_of("desktop", "mobile", "tablet")),
    _rule(r"protocol|scheme", text_values.one_of("https", "http")),
    _rule(r"(http|request)_(method|verb)", text_values.one_of("GET", "POST", "PUT", "DELETE")),
    _rule(r"sort_(direction|order)|(?<!_)direction", text_values.one_of("asc", "desc")),
    _rule(r"weekday|day_of_week", text_values.one_of(*_WEEKDAYS)),
    _rule(r"(salutation|honorific|name_prefix)", text_values.one_of("Mr.", "Ms.", "Dr.")),
    _rule(r"visibility|visibilidad|privacy", text_values.one_of("public", "private")),
    _rule(r"(color_)?theme", text_values.one_of("light", "dark")),
    _rule(r"layout", text_values.one_of("grid", "list")),
    _rule(
        r"(.*_)?(frequency|recurrence|periodicity|interval|periodicidad)", text_values.one_of(*_FREQUENCIES)
    ),
    _rule(r"(middle|first|last)_?initials?", text_values.one_of("A", "B", "C", "E", "J", "L", "M", "R", "T")),
    _rule(r"initials|iniciales", people.initials),
    _rule(r"value", text_values.amount, r".*(amount|price|money|cost|fee|balance).*"),
    _rule(
        r"method|verb",
        text_values.one_of("GET", "POST", "PUT", "DELETE"),
        r".*(route|request|http|endpoint).*",
    ),
    _rule(
        r"alg|(signing_?)?algorithm",
        text_values.one_of("RS256", "ES256", "HS256"),
        r".*(key|jwk|cert|token|jwt).*",
    ),
    _rule(r"kid|key_?id", text_values.token, r".*(jwk|cert|key).*"),
    _rule(r"(.*_)?icao(_?code)?", text_values.one_of("KJFK", "EGLL", "LFPG", "EDDF", "LEMD", "RJTT")),
    _rule(r"(.*_)?iata(_?code)?", text_values.one_of("JFK", "LHR", "CDG", "FRA", "MAD", "HND")),
    _rule(r"title", people.word("job"), r".*(job|vacanc(y|ies)|occupation|profession).*"),
    _rule(r"(.*_)?(terms(_of_(use|service))?|disclaimer|legal_?notice)", text_values.sentence),
    _rule(r"(.*_)?registry", text_values.one_of("docker.io", "ghcr.io", "quay.io")),
    _rule(
        r"exp(iry|iration)?_month|month_number",
        text_values.one_of(*(f"{month:02d}" for month in range(1, 13))),
    ),
    _rule(r"room|floor|building|desk|gate|platform_number|aula|planta", text_values.digits(2)),
    _rule(r"blood_(type|group)", text_values.one_of("A+", "B+", "AB+", "0+", "0-")),
    _rule(r"license_plate|matricula", people.word("license_plate")),
    _rule(r"(utc|tz|time_?zone)_offset", text_values.one_of("+00:00", "+01:00", "-05:00")),
    _rule(
        r"(vat|tax)(_(id|number|no))|vatin|nif|cif|routing_number|.*identification_number",
        text_values.digits(9),
    ),
    _rule(r"emoji", text_values.one_of("🎉", "👍", "🚀", "💡")),
    _rule(r"(.*_)?(role|rol|permission)", text_values.one_of("admin", "editor", "member", "viewer")),
    _rule(r"(.*_)?scopes?", text_values.one_of("read", "write", "admin")),
    _rule(
        r"(.*_)?(clicks|impressions|conversions|visits|downloads|installs|pageviews|views|sessions)",
        text_values.digits(3),
    ),
    _rule(r"(.*_)?(cpc|cpm|cpa|ecpm|spend|revenue|earnings|payout)", text_values.amount),
    _rule(r"(.*_)?(ctr|bounce_rate|conversion_rate)", text_values.percentage),
    _rule(
        r"(.*_)?(directors?|officers?|founders?|shareholders?|secretar(y|ies)|treasurers?|beneficiar(y|ies)|signator(y|ies))(_name)?",
        people.full_name,
    ),
    _rule(r"(exit|return)_?(code|status)", text_values.one_of("0", "0", "0", "1")),
    _rule(
        r"(http|response)_?(status_?)?code|http_?status|status_code", text_values.one_of("200", "201", "404")
    ),
    _rule(r"(.*_)?port(_?(number|no))?", text_values.one_of("443", "8080", "5432", "3000")),
    _rule(r"(.*_)?(channel|canal)", text_values.one_of("web", "email", "phone", "store")),
    _rule(r"source|origin_type", text_values.one_of("web", "api", "import", "mobile")),
    _rule(r"(file_|output_|image_)?(format|extension|ext)", text_values.one_of("pdf", "csv", "json", "png")),
    _rule(r"(mime|content|media)_?type", text_values.one_of(*string_formats.MEDIA_TYPES)),
    _rule(r"(.*_)?(type|tipo|kind)", text_values.one_of("standard", "basic", "premium", "custom")),
    _rule(r"uuid|guid|.*_uuid", text_values.uuid),
    _rule(r"currency(_?code)?|moneda|divisa|devise", countries.currency),
    _rule(r"locale|idioma_region|culture", countries.tag),
    _rule(r"lang(uage)?(_?code)?|idioma|langue|sprache", countries.language),
    _rule(r"time_?zone|tz|zona_horaria", countries.zone),
    _rule(r"user_?agent", people.word("user_agent")),
    _rule(r"gender|sex|sexo|genero", text_values.one_of("female", "male")),
    _rule(r"iban", people.word("iban")),
    _rule(r"swift|bic|swift_?code", people.word("swift")),
    _rule(r"(card_?)?last_?(4|four)", text_values.digits(4)),
    _rule(r"card_?number|pan", people.word("credit_card_number")),
    _rule(r"ean(13)?|gtin|barcode|upc", people.word("ean13")),
    _rule(r"isbn(13)?", people.word("isbn13")),
    _rule(
        r"sku|reference|ref|code|codigo|referencia|(order|invoice|serial|account|tracking|"
        r"contract)_?(number|no|num)|folio",
        text_values.code,
    ),
    _rule(r"colou?r(_?(code|hex))?|hex", text_values.color),
    _rule(r"password|secret|passphrase|contrasena|clave|pin", text_values.password),
    *(
        _rule(
            rf"(.*_)?{name}(_?(hash|sum|checksum|digest|hex|fingerprint))?", text_values.hexadecimal(digits)
        )
        for name, digits in _HASHES.items()
    ),
    *(
        _rule(
            r".*(hash|checksum|digest|fingerprint|sha)",
            text_values.hexadecimal(digits),
            described=rf"\b{name.replace('_?', '[ _-]?')}\b",
        )
        for name, digits in _HASHES.items()
    ),
    _rule(
        r"commit(_?(id|hash|sha))?|.*_commit_(id|hash|sha)|(.*_)?git_?(sha|hash)|sha",
        text_values.hexadecimal(40),
    ),
    _rule(
        r".*(token|api_?key|access_?key|hash|checksum|digest|signature|sha(1|256)?|md5|nonce|"
        r"fingerprint|e_?tag|cursor)",
        text_values.token,
    ),
    _rule(r"version|release|schema_version|api_version", text_values.version),
    _rule(r"file_?name|filename|fichero|archivo", text_values.file_name),
    _rule(r"(file_?)?path|folder|directory|ruta", text_values.path),
    _rule(r"marital_status|estado_civil", text_values.one_of("single", "married", "divorced")),
    _rule(
        r"status|state|estado|statut",
        text_values.one_of("active", "active", "invited", "inactive"),
        _A_PERSON,
    ),
    _rule(r"status|state|estado|statut", text_values.one_of(*STATES)),
    _rule(r"priority|severity|prioridad", text_values.one_of("low", "medium", "high")),
    _rule(r"level|nivel", text_values.one_of("basic", "standard", "advanced")),
    _rule(r"unit|units|unidad", text_values.one_of("kg", "m", "pcs", "l")),
    _rule(
        r"(created|updated|deleted|published|started|ended|modified|expires|sent|last_.*)?_?(at|"
        r"on)|.*(date_?time|timestamp)|(start|end)_?time|"
        r"(last_|date_)?(created|updated|modified|changed)(_date)?|last_(seen|login|activity|used|sync)",
        timestamps.date_time,
    ),
    _rule(
        r"(last|first|next|previous)_.*_time|(.*_)?(creat|updat|delet|expir|chang|modif|modifi|publish|submit|complet"
        r"|finish|receiv|sent|send|login|access|event|processing|completion|creation|modification)\w*_time",
        timestamps.date_time,
    ),
    _rule(r".*_?(date|fecha|datum)|(fecha|date)_.*|birth(day|date)|dob|nacimiento", timestamps.date),
    _rule(r"(.*_)?(time|hora|hour)|hora_.*", timestamps.clock_time),
    _rule(r"duration|duracion", timestamps.duration),
    _rule(
        r"(price|amount|total|cost|balance|precio|importe|coste?|monto|fee|tax|subtotal)",
        text_values.amount,
    ),
    _rule(r"lat(itude)?|latitud", lambda draw, number, spot: str(countries.latitude(draw, number, spot))),
    _rule(
        r"lon(g|gitude)?|lng|longitud",
        lambda draw, number, spot: str(countries.longitude(draw, number, spot)),
    ),
    _rule(r"year|anio|ano", lambda draw, number, spot: str(timestamps.year(draw, number, spot))),
    _rule(r"number|num|no|nr", text_values.ordinal),
    _rule(
        r"age|edad|count|quantity|cantidad|size|weight|height|width|length",
        lambda _, number, __: str(number % 60 + 18),
    ),
    _rule(
        r"body|content|text|biography|bio|about|html|markdown|texto|contenido|cuerpo|readme",
        text_values.paragraph,
    ),
    _rule(
        r"(short_|long_)?(description|descripcion|summary|resumen|comments?|comentarios?|notes?|"
        r"notas?|message|mensaje|reason|motivo|details?|detalle|observaciones|caption|abstract|"
        r"bio|excerpt|instructions|explanation|remarks?|feedback|question|answer|error|warning|"
        r"help|tagline|snippet)",
        text_values.sentence,
    ),
    _rule(r"title|titulo|titre|titel|subject|asunto|headline|label|etiqueta|heading", text_values.title),
    _rule(r"(.*_)?name|nombre|nom", text_values.label),
    _rule(
        r"tags?|keywords?|group|grupo|topic|key|field|provider|namespace|model|shortcode",
        text_values.noun,
    ),
    _rule(r"(.*_)?id", text_values.uuid),
)

NUMBERS = (
    _rule(
        r"(.*_)?(goals|assists|wins|losses|draws|ties|fouls|touchdowns|rebounds|saves)",
        text_values.between(0, 40),
    ),
    _rule(r"(tax|vat|commission|interest)_?rate|apr|tipo_iva", text_values.decimal(0, 25, 1)),
    _rule(r"(hourly|daily|day|night(ly)?)_?rate|tarifa", text_values.decimal(15, 250)),
    _rule(r"(.*_)?(salary|annual_revenue|market_cap|turnover|salario)", text_values.decimal(30_000, 150_000)),
    _rule(r"(price_)?(change|growth|delta)(_.*)?|variacion", text_values.decimal(-10, 10)),
    _rule(r"humidity|cloud_cover|battery(_level)?|humedad", text_values.decimal(0, 100, 1)),
    _rule(r"(.*_)?(speed|velocity|velocidad)", text_values.decimal(0, 120, 1)),
    _rule(r".*(percent|percentage|pct|porcentaje|progress)(_.*)?", text_values.decimal(0, 100, 1)),
    _rule(r"coordinates?|coordenadas?", text_values.decimal(-60, 60, 4)),
    _rule(
        r"(.*_)?(bearing|heading|azimuth|rumbo|angle|rotation|hue|orientation|wind_dir(ection)?)",
        text_values.decimal(0, 359, 1),
    ),
    _rule(r"(.*_)?(wind|gust)(_gust)?_?(spd|speed)", text_values.decimal(0, 30, 1)),
    _rule(r"rh|relative_humidity|cloud(s|_?cover(age)?)?", text_values.decimal(0, 100, 1)),
    _rule(r"(.*_)?content_?length", text_values.between(120, 48_000)),
    _rule(r"(.*_)?(snow(fall)?|rain(fall)?|precip\w*)", text_values.decimal(0, 40, 1)),
    _rule(
        r"(.*_)?(embeddings?|vectors?|weights|activations?|logits?|features)", text_values.decimal(-1, 1, 6)
    ),
    _rule(r"(.*_)?log_?probs?(ability)?", text_values.decimal(-5, 0, 4)),
    _rule(r"(.*_)?(cosine_)?(similarity|correlation|relevance)(_score)?", text_values.decimal(0, 1, 4)),
    _rule(r"(.*_)?(usage|utili[sz]ation|load|uptime|completion)", text_values.decimal(0, 100, 1)),
    _rule(r"(exit|return)_?(code|status)", text_values.one_of(0, 0, 0, 1)),
    _rule(r"(http|response|status)_?code|http_?status", text_values.one_of(*_HTTP_CODES)),
    _rule(r"port(_?(number|no))?", text_values.one_of(443, 8080, 5432)),
    _rule(r"lat(itude)?|latitud", countries.latitude),
    _rule(r"lon(g|gitude)?|lng|longitud", countries.longitude),
    _rule(
        r".*(price|amount|total|cost|balance|precio|importe|coste?|monto|fee|tax|subtotal|salary|"
        r"revenue|discount|shipping|budget|spent)(_.*)?",
        text_values.decimal(1, 500),
    ),
    _rule(r".*(ratio|rate|probability|confidence|opacity|fraction|tasa)", text_values.decimal(0, 1, 3)),
    _rule(r"(.*_)?(rating|stars|average|score|puntuacion)", text_values.decimal(1, 5, 1)),
    _rule(r"(.*_)?temp(erature)?(_.*)?|temperatura", text_values.decimal(-5, 30, 1)),
    _rule(
        r"weight|peso|height|width|length|depth|size|distance|altura|ancho", text_values.decimal(1, 200, 1)
    ),
)

INTEGERS = (
    _rule(
        r"(bed|bath)_?rooms?|rooms|floors?(_number)?|habitaciones|banos|sets|attempts|retries",
        text_values.between(1, 5),
    ),
    _rule(r"guests|adults|children|passengers|party_size|participants|plazas", text_values.between(1, 8)),
    _rule(
        r"seats|capacity|(max|min)?_?(attendees|participants|capacity)|aforo",
        text_values.one_of(10, 20, 50, 100, 200),
    ),
    _rule(r"calories|kcal|calorias", text_values.between(50, 800)),
    _rule(r"reps|repetitions", text_values.between(5, 20)),
    _rule(r"(house|building|street)_(number|no)", text_values.between(1, 200)),
    _rule(r"(zip|postal|post)_?code|codigo_postal", text_values.between(10_000, 99_999)),
    _rule(r"(.*_)?temp(erature)?|temperatura", text_values.between(-5, 30)),
    _rule(r"(.*_)?(salary|salario)", text_values.between(30_000, 150_000)),
    _rule(r"expires_in|max_age|ttl", text_values.one_of(300, 900, 3600, 86_400)),
    _rule(r"(phone|telephone|mobile|telefono)(_number)?", text_values.between(600_000_000, 699_999_999)),
    _rule(r"(.*_)?(precision|decimals|scale|decimal_?places)", text_values.between(0, 6)),
    _rule(
        r"(.*_)?(goals|assists|wins|losses|draws|ties|fouls|touchdowns|rebounds|saves)",
        text_values.between(0, 40),
    ),
    _rule(r"(.*_)?(score|puntuacion)", text_values.between(0, 100)),
    _rule(r"age|edad", timestamps.age),
    _rule(r"(.*_)?(year|anio|ano)", timestamps.year),
    _rule(r"(.*_)?(month|mes)", timestamps.month),
    _rule(r"day(_of_month)?|dia", timestamps.day),
    _rule(r"(day_of_week|weekday)", text_values.between(0, 6)),
    _rule(
        r"(duration|eta|elapsed|ttl|timeout|interval|expir\w*|age|delay)_(in_)?(seconds|secs?|s)",
        text_values.one_of(60, 120, 300, 600, 900, 1800, 3600),
    ),
    _rule(r"hours?|horas?", text_values.between(0, 23)),
    _rule(r"minutes?|minutos?|seconds?|segundos?", text_values.between(0, 59)),
    _rule(r"page|page_?number|current_?page|pagina", text_values.between(1, 1)),
    _rule(r"per_?page|page_?size|limit|limite", text_values.one_of(20, 25, 50)),
    _rule(r"offset|skip|start_index", text_values.between(0, 0)),
    _rule(r"(exit|return)_?(code|status|value)", text_values.one_of(0, 0, 0, 1, 0, 2, 0, 127)),
    _rule(r"(http|response|status)_?(status_?)?code|http_?status", text_values.one_of(*_HTTP_CODES)),
    _rule(r"(http_?)?status_?(code)?", text_values.one_of(200, 201, 204)),
    _rule(r"code|status", text_values.one_of(*_ERROR_CODES), r"error|problem|fault|failure|exception"),
    _rule(r"(.*_)?port(_?(number|no))?", text_values.one_of(443, 8080, 5432, 8443, 6379, 3000, 9200)),
    _rule(r"(.*_)?(v?cpus?|cores|threads|workers)(_count)?", text_values.one_of(1, 2, 4, 8, 16)),
    _rule(r"(.*_)?(fps|frame_?rate)", text_values.one_of(24, 25, 30, 60)),
    _rule(r"(.*_)?(dpi|ppi)", text_values.one_of(72, 96, 150, 300)),
    _rule(
        r"(.*_)?(latency|duration|elapsed|took|response_?time|delay|ping)(_in)?_?(ms|millis\w*)",
        text_values.between(5, 2_500),
    ),
    _rule(r"(.*_)?(memory|ram)(_?(mb|mib|size))?", text_values.one_of(512, 1024, 2048, 4096, 8192)),
    _rule(r"(.*_)?(memory|ram|disk|storage)_?(gb|gib)", text_values.one_of(8, 16, 32, 64, 128, 256)),
    _rule(
        r"rh|clouds|battery(_?(level|life))?|volume|brightness|humidity|signal_?strength",
        text_values.between(0, 100),
    ),
    _rule(
        r"(.*_)?(at|on|date|timestamp|time|epoch|fecha)|(created|updated|modified|expires|started|ended|date)_?.*",
        timestamps.epoch,
    ),
    _rule(r"(.*_)?(percent|percentage|pct|progress|porcentaje)", text_values.between(0, 100)),
    _rule(r"(.*_)?(rating|stars|puntuacion)", text_values.between(1, 5)),
    _rule(r"(.*_)?(quantity|qty|cantidad|unidades)", text_values.between(1, 10)),
    _rule(
        r"(.*_)?(count|total|num|number_of_.*|total_.*|.*_count|likes|views|followers|members|stock|size|length)|num_.*",
        text_values.between(0, 250),
    ),
    _rule(
        r"(.*_)?(position|order|index|rank|priority|level|version|orden|nivel|sort)",
        text_values.between(1, 10),
    ),
    _rule(
        r".*(price|amount|cost|balance|precio|importe|monto|fee|tax|salary)(_.*)?",
        text_values.between(100, 50_000),
    ),
    _rule(r"(.*_)?(duration|duracion|ttl|timeout)", text_values.one_of(15, 30, 45, 60, 90)),
    _rule(r"(.*_)?(width|height|ancho|alto)", text_values.one_of(480, 640, 800, 1080, 1920)),
    _rule(r"(.*_)?(bytes|file_?size)", text_values.between(1_000, 5_000_000)),
    _rule(r"(.*_)?ids?|numero|number|no", text_values.between(1, 99_999)),
)

# Rules by description, for strings whose name matches no rule.
DESCRIBED = (
    *(
        (
            LazyPattern(
                rf"\b{name.replace('_?', '[ _-]?')}\b.*\bhex|\bhex.*\b{name.replace('_?', '[ _-]?')}\b"
            ),
            text_values.hexadecimal(digits),
        )
        for name, digits in _HASHES.items()
    ),
    (LazyPattern(r"e-?mail address"), people.email),
    (LazyPattern(r"iso[ -]?8601|rfc ?3339|date and time|timestamp"), timestamps.date_time),
    (LazyPattern(r"yyyy-mm-dd"), timestamps.date),
    (LazyPattern(r"\b(id|identifier|primary key) (of|for)\b|\bunique id(entifier)?\b"), text_values.uuid),
    (LazyPattern(r"iso[ -]?3166|country code"), countries.alpha_2),
    (LazyPattern(r"iso[ -]?4217|currency code"), countries.currency),
    (LazyPattern(r"\burl\b|\buri\b"), text_values.url),
    (LazyPattern(r"\b(uuid|guid)\b"), text_values.uuid),
    (LazyPattern(r"phone number"), people.phone),
)

# The last rules, if neither name nor description matches any other.
LAST = (
    _rule(rf"(?:{_PERSON})", people.full_name),
    _rule(rf"(?:{_COMPANY})", people.word("company")),
)

# fmt: off
PERSONAL = frozenset(
    (
        "email", "mail", "email_address", "first_name", "firstname", "last_name", "lastname", "surname",
        "phone", "phone_number", "telephone", "mobile", "birth_date", "date_of_birth", "birthday",
        "gender", "age", "apellido", "apellidos", "correo", "telefono", "edad",
    )
)
# fmt: on
"""Properties that mostly persons have: a name next to them is a person's."""
