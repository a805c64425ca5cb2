//! Sign-up, confirmation, sign-in, passwords, sessions.

use super::*;

#[tokio::test]
async fn address_is_confirmed_by_a_link_and_the_password() {
    let app = TestApp::start();
    let body = json!({ "email": "Eve@Example.org", "password": PASSWORD });
    let (status, _) = app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let mail = outbox(&app, "eve@example.org", "verification").await;
    let token = tradepost_tests::receivers::token_in(&mail["text"]);
    assert!(mail["html"].as_str().unwrap().contains(&token), "{mail}");
    let credentials = json!({ "email": "eve@example.org", "password": PASSWORD });
    let (status, problem) = app
        .call(Method::POST, "/v1/sessions", None, Some(credentials.clone()))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNAUTHORIZED, &json!("unauthorized")),
        "not confirmed"
    );

    let confirm = |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password, "name": "eve" });
        let request = app.request(Method::POST, "/v1/accounts/confirm").json(&body);
        async { request.send().await.unwrap() }
    };
    assert_eq!(
        confirm(&token, "another password").await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(confirm(&"0".repeat(64), PASSWORD).await.status(), StatusCode::NOT_FOUND);
    let confirmed = confirm(&token, PASSWORD).await;
    assert_eq!(confirmed.status(), StatusCode::CREATED);
    let header = confirmed.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "__Host-tradepost=",
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Lax",
    ] {
        assert!(header.contains(part), "{header}");
    }
    assert_eq!(
        confirm(&token, PASSWORD).await.status(),
        StatusCode::NOT_FOUND,
        "it works once"
    );

    let account = with_session(&app, Method::GET, "/v1/account", &cookie_of(&confirmed), None).await;
    let account: Value = account.json().await.unwrap();
    assert_eq!(
        (&account["name"], &account["role"]),
        (&json!("eve"), &json!("buyer")),
        "{account}"
    );
    let (status, _) = app.call(Method::POST, "/v1/sessions", None, Some(credentials)).await;
    assert_eq!(status, StatusCode::CREATED);
    let stored = app
        .number("select count(*) from accounts where password_hash like '%correct%'")
        .await;
    assert_eq!(stored, 0);
    assert!(!app.log().contains("eve@example.org") && !app.log().contains(&token));
}

#[tokio::test]
async fn answer_does_not_say_whether_an_address_has_an_account() {
    let app = TestApp::start();
    sign_up(&app, "ann@example.org", "contributor").await;
    for (path, body) in [
        (
            "/v1/accounts",
            json!({ "email": "ann@example.org", "password": PASSWORD }),
        ),
        ("/v1/password-links", json!({ "email": "ann@example.org" })),
    ] {
        let known = app.call(Method::POST, path, None, Some(body.clone())).await;
        let mut other = body.clone();
        other["email"] = json!("nobody@example.org");
        let unknown = app.call(Method::POST, path, None, Some(other)).await;
        assert_eq!(known, unknown, "{path}");
    }
    outbox(&app, "ann@example.org", "already_registered").await;
    outbox(&app, "nobody@example.org", "verification").await;
    let to_nobody = app.look("/v1/mails?recipient=nobody@example.org").await;
    assert_eq!(to_nobody["rows"].as_array().unwrap().len(), 1, "{to_nobody}");
    let sign_in = |email: &str| {
        let body = json!({ "email": email, "password": "a wrong password" });
        app.call(Method::POST, "/v1/sessions", None, Some(body))
    };
    assert_eq!(sign_in("ann@example.org").await, sign_in("nobody@example.org").await);
}

#[tokio::test]
async fn new_password_ends_all_sessions() {
    let app = TestApp::start();
    let cookie = sign_up(&app, "ann@example.org", "buyer").await;
    let body = json!({ "email": "ann@example.org" });
    app.call(Method::POST, "/v1/password-links", None, Some(body)).await;
    let mail = outbox(&app, "ann@example.org", "password_reset").await;
    let token = tradepost_tests::receivers::token_in(&mail["text"]);
    let reset = json!({ "token": token, "password": "another horse battery" });
    let (status, _) = app.call(Method::POST, "/v1/password", None, Some(reset.clone())).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        app.call(Method::POST, "/v1/password", None, Some(reset)).await.0,
        StatusCode::NOT_FOUND
    );
    let account = with_session(&app, Method::GET, "/v1/account", &cookie, None).await;
    assert_eq!(account.status(), StatusCode::UNAUTHORIZED);
    for (password, expected) in [(PASSWORD, 401), ("another horse battery", 201)] {
        let body = json!({ "email": "ann@example.org", "password": password });
        assert_eq!(
            app.call(Method::POST, "/v1/sessions", None, Some(body)).await.0,
            expected
        );
    }
}

#[tokio::test]
async fn session_ends_by_sign_out_idleness_and_age() {
    let app = TestApp::start();
    let first = sign_up(&app, "ann@example.org", "buyer").await;
    let sign_in = async || {
        let body = json!({ "email": "ann@example.org", "password": PASSWORD });
        let answer = app
            .request(Method::POST, "/v1/sessions")
            .json(&body)
            .send()
            .await
            .unwrap();
        cookie_of(&answer)
    };
    let status = async |cookie: &str| {
        with_session(&app, Method::GET, "/v1/account", cookie, None)
            .await
            .status()
    };
    let second = sign_in().await;
    let out = with_session(&app, Method::DELETE, "/v1/sessions/current", &first, None).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        (status(&first).await, status(&second).await),
        (StatusCode::UNAUTHORIZED, StatusCode::OK)
    );
    let third = sign_in().await;
    with_session(&app, Method::DELETE, "/v1/sessions", &third, None).await;
    assert_eq!(
        (status(&second).await, status(&third).await),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );

    let idle = sign_in().await;
    assert_eq!(status(&idle).await, StatusCode::OK);
    app.sql("update tokens set last_used_at = now() - interval '8 days' where kind = 'session'")
        .await;
    assert_eq!(status(&idle).await, StatusCode::UNAUTHORIZED);
    let old = sign_in().await;
    app.sql("update tokens set expires_at = now() - interval '1 second' where kind = 'session'")
        .await;
    assert_eq!(status(&old).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn requests_of_other_sites_change_nothing_with_a_session() {
    let app = TestApp::start();
    let cookie = sign_up(&app, "ann@example.org", "buyer").await;
    for (name, value, expected) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("accept", "*/*", StatusCode::FORBIDDEN),
        ("origin", app.api.as_str(), StatusCode::NO_CONTENT),
    ] {
        let request = app
            .request(Method::DELETE, "/v1/sessions/current")
            .header("cookie", &cookie);
        assert_eq!(
            request.header(name, value).send().await.unwrap().status(),
            expected,
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn attempts_to_sign_in_are_limited_and_a_restart_gives_no_more() {
    let mut app = TestApp::start();
    let body = json!({ "email": "ann@example.org", "password": "a wrong password" });
    for _ in 0..10 {
        let (status, _) = app.call(Method::POST, "/v1/sessions", None, Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let refused = async |app: &TestApp, body: &Value| {
        let request = app.request(Method::POST, "/v1/sessions").json(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert!((1..=6).contains(&refused(&app, &body).await));
    // However long the restart takes.
    app.sql("update stranger_budgets set full_at = full_at + interval '10 minutes'")
        .await;
    app.kill();
    app.restart();
    assert!(refused(&app, &body).await > 300);
    // The client address has nothing left either, whoever it says it is.
    let other = json!({ "email": "bob@example.org", "password": "a wrong password" });
    assert!(refused(&app, &other).await > 300);
}

#[tokio::test]
async fn bad_addresses_and_passwords_are_refused() {
    let app = TestApp::start();
    for (email, password, expected) in [
        ("ann", PASSWORD, 422),
        ("ann@example.org, bob@example.org", PASSWORD, 422),
        ("ann@example.org\r\nBcc: bob@example.org", PASSWORD, 422),
        ("Ann <ann@example.org>", PASSWORD, 422),
        ("änn@example.org", PASSWORD, 422),
        ("ann@example.org", "short", 400),
        ("ann@example.org", &"x".repeat(129), 400),
    ] {
        let body = json!({ "email": email, "password": password });
        let (status, problem) = app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
        assert_eq!(status, expected, "{email:?}: {problem}");
    }
    assert_eq!(app.look("/v1/mails").await["rows"], json!([]));
}
