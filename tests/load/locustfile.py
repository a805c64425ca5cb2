"""Buyers who browse, search and keep favourites, contributors who upload packs: for Locust. `make load` runs it; elsewhere:

    pip install locust
    TRADEPOST_BUYER=<token> TRADEPOST_CONTRIBUTOR=<token> TRADEPOST_PACK=pack.zip \
        locust -f tests/load/locustfile.py --host http://127.0.0.1:8780 --users 200 --spawn-rate 20 --run-time 5m --headless

Tokens come from `tradepostd token create`, a pack from `tradepostd sample drawn`. Without a token, what needs it is left out; without a
pack, nobody uploads. A refusal that a client should expect (429, 503, 409) is no failure; the number of each is printed at the end.
"""

import hashlib
import os
import random
from collections import Counter

from locust import HttpUser, between, events, task

BUYER = os.environ.get("TRADEPOST_BUYER")
CONTRIBUTOR = os.environ.get("TRADEPOST_CONTRIBUTOR")
PACK = os.environ.get("TRADEPOST_PACK")
WORDS = ["arrow", "user", "hart", "star", "home", "cloud", "coffee cup", "flying bird", "auto", "maison", "umbrela"]
EXPECTED = {409, 429, 503}
refused = Counter()


@events.quitting.add_listener
def tell_refusals(**_):
    print("refused, by status:", dict(refused) or "none")


class Caller(HttpUser):
    abstract = True

    def ask(self, method, path, name, token=None, **options):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with self.client.request(method, path, name=name, headers=headers, catch_response=True, **options) as answer:
            if answer.status_code in EXPECTED:
                refused[answer.status_code] += 1
                answer.success()
            elif 200 <= answer.status_code < 400:
                answer.success()
            else:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
            return answer


class Buyer(Caller):
    weight = 20
    wait_time = between(0.5, 3)

    def on_start(self):
        self.items = []

    def remember(self, answer):
        # A refusal that was expected counts as a success, and has no rows.
        if answer.status_code == 200:
            rows = answer.json()["rows"]
            self.items = [row["id"] for row in rows] or self.items
            return answer.json().get("next")
        return None

    @task(4)
    def browse(self):
        order = random.choice(["newest", "popular", "best-selling"])
        path, cursor = f"/v1/items?limit=50&order={order}", ""
        for _ in range(random.randint(1, 4)):
            cursor = self.remember(self.ask("GET", path + cursor, "/v1/items"))
            if cursor is None:
                break
            cursor = f"&cursor={cursor}"

    @task(4)
    def search(self):
        word = random.choice(WORDS)
        for length in range(2, len(word), 2):
            self.ask("GET", f"/v1/suggest?q={word[:length]}", "/v1/suggest")
        self.remember(self.ask("GET", f"/v1/search?q={word}&kind=icon", "/v1/search"))

    @task(8)
    def look(self):
        if self.items:
            item = random.choice(self.items)
            self.ask("GET", f"/v1/items/{item}", "/v1/items/{id}")
            if random.random() < 0.2:
                self.ask("GET", f"/v1/items/{item}/similar", "/v1/items/{id}/similar")

    @task(1)
    def favour(self):
        if BUYER and self.items:
            path = f"/v1/favourites/{random.choice(self.items)}"
            self.ask("PUT", path, "/v1/favourites/{item}", BUYER)
            self.ask("GET", "/v1/favourites", "/v1/favourites", BUYER)


class Contributor(Caller):
    weight = 1
    wait_time = between(10, 30)

    @task
    def upload(self):
        if not (CONTRIBUTOR and PACK):
            return
        with open(PACK, "rb") as file:
            pack = file.read()
        announced = {"file_name": "load.zip", "size_bytes": len(pack), "sha256": hashlib.sha256(pack).hexdigest()}
        started = self.ask("POST", "/v1/uploads", "/v1/uploads", CONTRIBUTOR, json=announced)
        if started.status_code != 201:
            return
        upload = started.json()
        self.ask("PUT", upload["put"]["url"], "PUT of the bytes", data=pack)
        self.ask("POST", f"/v1/uploads/{upload['id']}/complete", "/v1/uploads/{id}/complete", CONTRIBUTOR)
