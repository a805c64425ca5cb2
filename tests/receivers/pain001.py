"""Checks a file of payouts on standard input by ISO 20022's schema pain.001.001.03. Prints what is wrong."""

import pathlib
import sys

import sepaxml
import xmlschema

schema = pathlib.Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.03.xsd"
for error in xmlschema.XMLSchema(str(schema)).iter_errors(sys.stdin.read()):
    print(error.path, error.reason)
