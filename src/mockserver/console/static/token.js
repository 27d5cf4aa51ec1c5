// The page that asks for the token of the admin API.

const offered = new URLSearchParams(location.search).get("token");
if (offered !== null) {
  document.getElementById("wrong").textContent = "Wrong token. The mock may have been restarted with another one.";
  // A wrong token must not stay in the address.
  history.replaceState(null, "", location.pathname + location.hash);
}
document.getElementById("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  location.assign(`${location.pathname}?token=${encodeURIComponent(token)}${location.hash}`);
});
