"""What documents call logging in: the fields of its request and its answer, its paths, and users."""

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
"""Properties of a login's request, by what they say."""

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
"""Properties of a login's answer."""

MEANINGS = ("token", "refresh", "id_token", "type", "scope", "seconds", "moment", "user_id")
"""What a property of a login's answer may say."""

USER_IDS = words("userid accountid memberid customerid")
USER_OBJECTS = words("user profile account me person member customer userinfo currentuser usuario identity")
"""Objects of a login's answer that are the person who logged in."""

LOGIN = words(
    """
    login signin logon authenticate auth authentication token tokens session sessions accesstoken
    createtoken gettoken jwt credentials sso acceso ingreso entrar
    """
)
RENEW = words("refresh renew renewal reauthenticate refreshtoken tokenrefresh")
"""How a path ends at which a token is changed for another one."""

REGISTER = words(
    """
    register reg registration registrations signup signups join enroll enrol createaccount createuser
    newaccount newuser registro registrar inscription
    """
)
"""How a path ends, or an operation is called, at which somebody logs in, or becomes a user."""

OTHER_PASSWORDS = words(
    "reset forgot change recover recovery confirm verify activate invite invitation restore"
)
"""Words of paths at which a password is sent for another reason."""

ME = words(
    """
    me myself whoami currentuser userinfo myprofile myaccount ownprofile loggedinuser authenticateduser
    mydata miperfil micuenta yo
    """
)
"""How a path ends that is about the caller."""

MAYBE_ME = words("profile account user self perfil cuenta")
"""How a path ends that is about the caller where it is a user that it shows."""

BEHIND_USERS = words("current info details")
"""The same, where the word before it is that of users: `/user/info`."""

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
"""Collections of those who can log in, the likeliest first."""

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
"""Properties of users: what they log in with, what they are called, what they may do."""
