"""Transfers of django-hordak, for `make bench-money`: transfers.py SOCKET_FOLDER DATABASE CLIENTS SECONDS

From one of a hundred accounts to the account of fees, each in a transaction of its own, as its documentation shows.
Prints one line of JSON: transfers, and the seconds they took.
"""

import json
import multiprocessing
import random
import sys
import time

import django
from django.conf import settings

folder, database, clients, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
settings.configure(
    DATABASES={
        "default": {"ENGINE": "django.db.backends.postgresql", "HOST": folder, "USER": "tradepost", "NAME": database}
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DEFAULT_CURRENCY="EUR",
    CURRENCIES=["EUR"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402


def work(number, answers):
    connection.close()
    accounts = list(Account.objects.filter(name__startswith="wallet"))
    fees = Account.objects.get(name="fees")
    chosen = random.Random(number)
    made, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        with transaction.atomic():
            chosen.choice(accounts).transfer_to(fees, Money(1, "EUR"))
        made += 1
    answers.put((made, time.monotonic() - started))


call_command("migrate", verbosity=0)
for n in range(100):
    Account.objects.create(name=f"wallet {n}", code=str(n + 1), type=AccountType.liability, currencies=["EUR"])
Account.objects.create(name="fees", code="999", type=AccountType.income, currencies=["EUR"])
answers = multiprocessing.Queue()
workers = [multiprocessing.Process(target=work, args=(n, answers)) for n in range(clients)]
for worker in workers:
    worker.start()
done = [answers.get() for _ in workers]
for worker in workers:
    worker.join()
print(json.dumps({"transfers": sum(made for made, _ in done), "seconds": max(took for _, took in done)}))
