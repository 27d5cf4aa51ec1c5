"""Names of things by kind: pets, cars, colours, products, songs. None is the name of a place."""

from collections.abc import Mapping

from mockserver.generation.generation_context import GenerationContext, Maker, SchemaPosition
from mockserver.generation.seeds import derive

# fmt: off
_PETS = (
    "Bella", "Max", "Luna", "Charlie", "Milo", "Daisy", "Rocky", "Coco", "Simba", "Nala", "Biscuit", "Shadow",
    "Pepper", "Oscar", "Ruby", "Toby", "Misty", "Ginger", "Jasper", "Willow",
)
_BREEDS = ("Labrador", "Beagle", "Poodle", "Siamese", "Persian", "Boxer", "Collie", "Dalmatian", "Maine Coon")
_SPECIES = ("dog", "cat", "rabbit", "hamster", "parrot", "turtle")
_MAKES = ("Toyota", "Ford", "Honda", "Volvo", "Renault", "Skoda", "Mazda", "Fiat", "Kia", "Peugeot")
_MODELS = ("Corolla", "Focus", "Civic", "V60", "Clio", "Octavia", "CX-5", "Panda", "Ceed", "308")
_COLOURS = (
    "Crimson", "Teal", "Navy", "Olive", "Ivory", "Coral", "Charcoal", "Lavender", "Turquoise", "Maroon",
    "Beige", "Indigo", "Mint", "Amber", "Burgundy", "Slate",
)
_PLAIN_COLOURS = ("black", "white", "grey", "blue", "red", "green", "silver", "yellow", "brown", "orange")
_ACTIONS = ("read", "write", "delete", "manage", "create", "export")
_SUBJECTS = ("orders", "users", "reports", "billing", "projects", "settings", "teams", "files")
_ROLES = (
    "Administrator", "Editor", "Viewer", "Owner", "Member", "Billing manager", "Support agent", "Auditor",
)
_COINS = ("BTC", "ETH", "EUR", "GBP", "SOL", "XRP", "ADA", "CHF")
_QUOTES = ("USD", "EUR", "USDT")
_GOODS = (
    "Desk Lamp", "Water Bottle", "Backpack", "Notebook", "Coffee Mug", "Headphones", "Keyboard",
    "Office Chair",
    "T-Shirt", "Running Shoes", "Rain Jacket", "Phone Case", "Wall Clock", "Cutting Board", "Throw Pillow",
    "Wool Blanket", "Teapot", "Bike Helmet", "Yoga Mat", "Candle",
)
_KINDS = (
    "Classic", "Compact", "Eco", "Premium", "Slim", "Travel", "Everyday", "Deluxe", "Essential", "Sport",
    "Organic", "Vintage",
)
_CATEGORIES = (
    "Electronics", "Books", "Home & Kitchen", "Clothing", "Toys", "Garden", "Sports", "Beauty", "Music",
    "Office",
    "Groceries", "Travel",
)
_TAGS = (
    "new", "featured", "sale", "urgent", "draft", "popular", "beta", "internal", "seasonal", "limited",
    "follow-up", "bug",
)
_TOPICS = (
    "Technology", "Health", "Travel", "Science", "Cooking", "Finance", "History", "Education",
    "Design", "Climate",
)
_ERRORS = (
    "The request could not be processed.", "The service is temporarily unavailable.", "Connection timed out.",
    "Access was denied.", "The resource was not found.", "A required value is missing.", "Invalid format.",
)
_BOOKS = (
    "The Last Winter", "A Quiet House", "Letters to Nobody", "The Glass Garden", "Seven Summers",
    "Night Train",
    "The Salt Road", "Under One Roof", "What the Baker Knew", "The Clockmaker's Son", "Distant Shores",
    "An Ordinary Year",
)
_SONGS = (
    "Paper Hearts", "Midnight Drive", "Golden Hour", "Slow Motion", "Come Back Home", "Neon Rain", "Wildfire",
    "Echoes", "One More Day", "Satellite", "Daydream", "Out of Reach",
)
_DISHES = (
    "Tomato Soup", "Chicken Curry", "Lentil Salad", "Mushroom Risotto", "Apple Pie", "Vegetable Lasagne",
    "Fish Tacos", "Pancakes", "Beef Stew", "Greek Salad", "Pumpkin Ravioli", "Lemon Cake",
)
_INGREDIENTS = (
    "Flour", "Butter", "Olive oil", "Garlic", "Tomatoes", "Basil", "Eggs", "Sugar", "Onion", "Parmesan",
    "Salt",
    "Black pepper",
)
_COURSES = (
    "Introduction to Statistics", "Creative Writing", "Linear Algebra", "Web Development Basics",
    "Modern History",
    "Data Structures", "Public Speaking", "Organic Chemistry", "Photography I", "Microeconomics",
)
_TEAMS = (
    "Falcons", "Platform", "Growth", "Tigers", "Customer Success", "Rockets", "Data", "Wolves", "Mobile",
    "Comets",
)
_PROJECTS = (
    "Website relaunch", "Mobile app", "Data migration", "Onboarding flow", "Payment integration",
    "Design system",
    "Customer portal", "Quarterly audit", "Search rewrite", "Internal tools",
)
_TASKS = (
    "Write release notes", "Fix login redirect", "Review contract", "Update dependencies", "Prepare demo",
    "Call supplier", "Clean up backlog", "Order supplies", "Draft budget", "Test checkout",
)
_EVENTS = (
    "Annual Meeting", "Product Launch", "Spring Concert", "Team Offsite", "Developer Meetup", "Charity Run",
    "Open Day", "Design Workshop", "Film Night", "Book Fair",
)
_PLANS = ("Free", "Starter", "Basic", "Pro", "Team", "Business", "Enterprise")
_SKILLS = (
    "Python", "Project management", "SQL", "Copywriting", "Figma", "Negotiation", "Java", "Data analysis",
)
_LANGUAGES = (
    "English", "Spanish", "German", "French", "Italian", "Portuguese", "Japanese", "Dutch", "Polish",
)
_SPORTS = ("Football", "Tennis", "Basketball", "Swimming", "Cycling", "Volleyball", "Rowing", "Handball")
_DEVICES = (
    "Thermostat", "Front door camera", "Office printer", "Meeting room display", "Temperature sensor",
    "Smart plug",
    "Barcode scanner", "Motion sensor", "Tablet", "Router",
)
_HOSTS = ("web", "db", "api", "cache", "worker", "queue", "search", "auth", "build", "proxy")
_METRICS = (
    "cpu_usage", "memory_usage", "requests_total", "error_rate", "latency_p95", "disk_io", "active_users",
    "queue_depth",
)
_FILES = (
    "report", "invoice", "photo", "contract", "backup", "notes", "budget", "presentation", "export", "scan",
)
_SUFFIXES = ("pdf", "xlsx", "jpg", "docx", "zip", "txt", "csv", "pptx")
_TICKERS = ("ACME", "NOVA", "ORBT", "LUMA", "ZEPH", "KITE", "VRDA", "HELX", "TRVO", "QNTA")
_AIRPORTS = ("LHR", "CDG", "JFK", "FRA", "MAD", "AMS", "NRT", "SIN", "FCO", "LIS", "ZRH", "SFO")
_AIRLINES = ("BA", "AF", "LH", "IB", "KL", "UA", "SQ", "LX")
_LANGUAGES_3 = ("eng", "spa", "deu", "fra", "ita", "por", "jpn", "nld")
# fmt: on


def one_of(values: tuple[str, ...]) -> Maker:
    """Return a generator that picks one of some names, the same for one thing in an object."""
    return lambda draw, _, spot: values[derive(spot.number(draw), "called") % len(values)]


def _joined(separator: str, *parts: tuple[str, ...]) -> Maker:
    """Return a generator that joins one of each part, in this order."""

    def make(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
        number = derive(spot.number(draw), "called")
        return separator.join(part[derive(number, place) % len(part)] for place, part in enumerate(parts))

    return make


def _host(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    number = derive(spot.number(draw), "called")
    return f"{_HOSTS[number % len(_HOSTS)]}-{number // 16 % 9 + 1:02d}"


def _file(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    number = derive(spot.number(draw), "called")
    place = number % len(_FILES)
    return f"{_FILES[place]}-{number // 16 % 900 + 100}.{_SUFFIXES[place % len(_SUFFIXES)]}"


NAMES: Mapping[str, Maker] = {
    r"pet|dog|cat|puppy|kitten|horse|mascota": one_of(_PETS),
    r"car|vehicle|automobile|auto|coche|vehiculo": one_of(
        tuple(f"{make} {model}" for make, model in zip(_MAKES, _MODELS, strict=True))
    ),
    r"colou?r|paint|swatch": one_of(_COLOURS),
    r"permission|privilege|scope|grant|permiso": _joined(":", _SUBJECTS, _ACTIONS),
    r"role|rol": one_of(_ROLES),
    r"market|pair|instrument|ticker": _joined("-", _COINS, _QUOTES),
    r"product|item|article|good|variant|merchandise|producto|articulo|gift": _joined(" ", _KINDS, _GOODS),
    r"categor(y|ies)|department|collection|genre|categoria|aisle": one_of(_CATEGORIES),
    r"tag|label|keyword|etiqueta": one_of(_TAGS),
    r"topic|theme|interest|subject_area|tema": one_of(_TOPICS),
    r"book|novel|publication|libro": one_of(_BOOKS),
    r"movie|film|episode|serie|show|pelicula|video": one_of(_BOOKS),
    r"song|track|album|single|playlist|cancion": one_of(_SONGS),
    r"recipe|dish|meal|menu_item|plate|receta|plato": one_of(_DISHES),
    r"ingredient|ingrediente": one_of(_INGREDIENTS),
    r"course|lesson|class|lecture|curso|subject|asignatura": one_of(_COURSES),
    r"team|squad|equipo": one_of(_TEAMS),
    r"project|proyecto|initiative|campaign|campana": one_of(_PROJECTS),
    r"task|todo|ticket|card|tarea|reminder": one_of(_TASKS),
    r"event|meeting|conference|evento|appointment": one_of(_EVENTS),
    r"plan|tier|subscription|package": one_of(_PLANS),
    r"skill|competence|habilidad": one_of(_SKILLS),
    r"language|idioma": one_of(_LANGUAGES),
    r"sport|discipline|deporte": one_of(_SPORTS),
    r"device|sensor|thing|appliance|camera|dispositivo": one_of(_DEVICES),
    r"server|host|node|instance|machine|vm|cluster|pod|container|droplet": _host,
    r"metric|indicator|counter|gauge": one_of(_METRICS),
    r"file|attachment|upload|fichero|archivo": _file,
    r"breed|raza": one_of(_BREEDS),
    r"species|especie": one_of(_SPECIES),
    r"currency": one_of(("Euro", "US Dollar", "Pound Sterling", "Swiss Franc", "Yen", "Krona")),
}
"""Generators of names, by the noun for the thing."""

VALUES: Mapping[str, tuple[Maker, str]] = {
    r"(error|failure|fault)_?(message|description|details?|reason|text)": (one_of(_ERRORS), ""),
    r"breed|raza": (one_of(_BREEDS), ""),
    r"species|especie|animal_type": (one_of(_SPECIES), ""),
    r"make|marca|brand|manufacturer": (one_of(_MAKES), r"car|vehicle|automobile|coche"),
    r"model|modelo": (one_of(_MODELS), r"car|vehicle|automobile|coche"),
    r"colou?r": (
        one_of(_PLAIN_COLOURS),
        r"car|vehicle|product|item|variant|pet|dog|cat|bike|shirt|article|eye|hair|fur|automobile",
    ),
    r"(eye|hair|fur|coat|skin)_colou?r": (one_of(_PLAIN_COLOURS), ""),
    r"ticker(_symbol)?|stock_symbol": (one_of(_TICKERS), ""),
    r"(trading_)?(symbol|pair)": (
        _joined("-", _COINS, _QUOTES),
        r"market|pair|instrument|candle|trade|orderbook",
    ),
    r"(stock_)?symbol": (one_of(_TICKERS), r"stock|share|equity|security|quote|holding|position"),
    r"(iata(_code)?|airport(_?code)?|(departure|arrival)_airport)": (one_of(_AIRPORTS), ""),
    r"(origin|destination|departure|arrival)": (one_of(_AIRPORTS), r"flight|itinerary|segment|leg"),
    r"airline(_?code)?|carrier_code": (one_of(_AIRLINES), ""),
}
"""Generators for properties of certain things, with the noun that must be the owner (or none)."""

errors = one_of(_ERRORS)
"""An error message."""

three_letter_language = one_of(_LANGUAGES_3)
"""A three-letter language code (ISO 639-3)."""
