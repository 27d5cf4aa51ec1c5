"""Names that documents use for logging in: request and response fields, paths, and users."""

from mockserver.resources.conventions.convention import table, words

SENT = table(
    {
        "email": "email mail emailaddress useremail usermail correo correoelectronico",
        "user": """
            username user login identifier userid loginid loginname usernameoremail emailorusername
            usernameoremailaddress useroremail account accountname accountid handle phone phonenumber mobile
            usuario nombreusuario benutzername utilisateur
            """,
        "password": """
            password passwd pwd pass passphrase passcode userpassword plainpassword loginpassword contrasena
            clave kennwort passwort motdepasse senha
            """,
        "refresh": "refreshtoken refresh",
        "grant": "granttype",
        "client": "clientid",
        "secret": "clientsecret",
    }
)
"""Properties of a login request, by meaning."""

TOKENS = words(
    """
    token accesstoken authtoken authenticationtoken authorizationtoken jwt jwttoken jwtoken sessiontoken
    bearertoken apitoken usertoken tokenvalue accessjwt bearer
    """
)
REFRESH_TOKENS = words("refreshtoken refreshjwt renewaltoken")
ID_TOKENS = words("idtoken")
TOKEN_TYPES = words("tokentype authtype")
TOKEN_SCOPES = words("scope scopes")
SECONDS = words("expiresin expirein expiresinseconds expiresseconds ttl lifetime validfor expires")
MOMENTS = words(
    """
    expiresat expires expiry expirationdate expiration expirydate expiresdate expiresatutc validuntil
    tokenexpiry tokenexpiresat tokenexpiration exp accesstokenexpiresat
    """
)
"""Properties of a login response, by meaning."""

MEANINGS = ("token", "refresh", "id_token", "type", "scope", "seconds", "moment", "user_id")
"""Meanings that a property of a login response may have."""

USER_IDS = words("userid accountid memberid customerid")
USER_OBJECTS = words("user profile account me person member customer userinfo currentuser usuario identity")
"""Objects of a login response that show the user who logged in."""

LOGIN = words(
    """
    login signin logon authenticate auth authentication token tokens session sessions accesstoken
    createtoken gettoken jwt credentials sso acceso ingreso entrar
    """
)
RENEW = words("refresh renew renewal reauthenticate refreshtoken tokenrefresh")
"""Last path segments of operations that exchange a refresh token for a new token."""

REGISTER = words(
    """
    register reg registration registrations signup signups join enroll enrol createaccount createuser
    newaccount newuser registro registrar inscription
    """
)
"""Last path segments, or words of operationIds, of operations that log in or register a user."""

OTHER_PASSWORDS = words(
    "reset forgot change recover recovery confirm verify activate invite invitation restore"
)
"""Words of paths to which a password is sent for another reason than a login."""

ME = words(
    """
    me myself whoami currentuser userinfo myprofile myaccount ownprofile loggedinuser authenticateduser
    mydata miperfil micuenta yo
    """
)
"""Last path segments of operations on the caller's own record."""

MAYBE_ME = words("profile account user self perfil cuenta")
"""Last path segments of operations on the caller's own record, if the response shows a user."""

BEHIND_USERS = words("current info details")
"""The same, if the segment before is a word for users: `/user/info`."""

USERS = (
    "users",
    "user",
    "accounts",
    "members",
    "people",
    "persons",
    "profiles",
    "customers",
    "employees",
    "usuarios",
    "benutzer",
    "clients",
    "patients",
    "students",
    "staff",
)
"""Names of collections of users who can log in, the likeliest first."""

ADDRESSES = words("email emailaddress mail useremail correo correoelectronico")
LOGIN_NAMES = words(
    """
    username login loginname userlogin handle screenname nickname userid usuario nombreusuario user
    accountname
    """
)
NAMES = words("name fullname displayname firstname nombre realname")
PHONES = words("phone phonenumber mobile telephone telefono")
ROLES = words("role roles groups")
"""Properties of users: login names, display names, telephone numbers, roles."""
