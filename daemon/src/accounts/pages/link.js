// Sends the token of a mailed link with the password that is typed.
const token = new URLSearchParams(location.search).get("token") ?? "";
const isReset = location.pathname === "/password";
const [title, form, password, answer] = ["title", "form", "password", "answer"].map((id) => document.getElementById(id));
// The token stays out of the history.
history.replaceState(null, "", location.pathname);
title.textContent = isReset ? "Set a new password" : "Confirm your address with the password you chose";
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch(isReset ? "/v1/password" : "/v1/accounts/confirm", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, password: password.value }),
  });
  if (response.ok) {
    form.hidden = true;
    answer.textContent = isReset ? "The password is set. Sign in." : "Your account is ready.";
  } else {
    const problem = await response.json();
    answer.textContent = problem.detail ?? problem.title;
  }
});
