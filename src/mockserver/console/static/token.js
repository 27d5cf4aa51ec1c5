// The page that asks for the token of the admin API.

const offered = new URLSearchParams(location.search).get("token");
if (offered !== null) {
  document.getElementById("wrong").textContent = "This is not the token of this mock. It may have been restarted with another one.";
  // A wrong token is not to stay in the address.
  history.replaceState(null, "", location.pathname + location.hash);
}
document.getElementById("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  location.assign(`${location.pathname}?token=${encodeURIComponent(token)}${location.hash}`);
});
