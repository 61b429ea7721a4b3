#!/usr/bin/python3
"""check_json.py FOLDER NAME FILE...: is what each FILE holds what FOLDER/NAME.schema.json says? Then the schema must also
refuse it with a key more, or a key less, in each kind of object that is in it."""
import copy
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # RefResolver is in every python3-jsonschema, its successor is not
import jsonschema


def objects(node, path=()):
    if isinstance(node, dict) and node:
        yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from objects(value, (*path, key))


def at(node, path):
    for key in path:
        node = node[key]
    return node


def optional(schema_name, path, key):
    """Keys that a good document may lack; fault goes from an entry with what it is about."""
    return key in {"dump": ("path_hex", "fault"), "fsck": ("entry", "bucket_free")}.get(schema_name, ())


def main(folder, name, *files):
    folder = pathlib.Path(folder).resolve()
    schema = json.loads((folder / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(base_uri=f"{folder.as_uri()}/{name}.schema.json", referrer=schema)
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    for file in files:
        try:
            check(name, validator, json.loads(pathlib.Path(file).read_text()))
        except AssertionError as error:
            sys.exit(f"{file}: {name}: {error}")


def check(name, validator, document):
    for error in validator.iter_errors(document):
        raise AssertionError(f"{list(error.absolute_path)}: {error.message[:300]}: mend the command or docs/json")
    kinds = {}  # one of each is enough: a dump may have thousands of entries
    for path in objects(document):
        shape = tuple("*" if isinstance(key, int) else key for key in path)
        kinds.setdefault((shape, *sorted(at(document, path))), path)
    for path in kinds.values():
        wrong = copy.deepcopy(document)
        at(wrong, path)["surprise"] = 1
        if validator.is_valid(wrong):
            raise AssertionError(f"a surprise in {path} is accepted: additionalProperties is missing")
        for key in at(document, path):
            wrong = copy.deepcopy(document)
            del at(wrong, path)[key]
            if not optional(name, path, key) and validator.is_valid(wrong):
                raise AssertionError(f"{key} may be missing in {path}: required lacks it")


if __name__ == "__main__":
    main(*sys.argv[1:])
