"""What a change of the schemas breaks for those who have the released ones.

The rules are in ../README.md. Each function gives a list of sentences, empty where nothing breaks.
"""

from google.protobuf import descriptor_pb2

Field = descriptor_pb2.FieldDescriptorProto


def proto_breaks(old, new):
    """Compares two FileDescriptorSets."""
    found = []
    now = {file.name: file for file in new.file}
    for file in old.file:
        if file.name not in now:
            found.append(f"{file.name} is gone")
            continue
        other = now[file.name]
        if file.package != other.package:
            found.append(f"{file.name}: the package is {other.package}, was {file.package}")
        found += _each(file.message_type, other.message_type, _message, file.package)
        found += _each(file.enum_type, other.enum_type, _enum, file.package)
    return found


def _each(old, new, compare, scope):
    now = {entry.name: entry for entry in new}
    found = []
    for entry in old:
        name = f"{scope}.{entry.name}"
        if entry.name in now:
            found += compare(entry, now[entry.name], name)
        else:
            found.append(f"{name} is gone")
    return found


def _message(old, new, name):
    found = []
    now = {field.number: field for field in new.field}
    for field in old.field:
        if field.number not in now:
            found.append(f"{name}.{field.name}: the field {field.number} is gone")
            continue
        found += _field(field, now[field.number], f"{name}.{field.name}")
    numbers = {field.number for field in old.field}
    for field in new.field:
        was = any(range.start <= field.number < range.end for range in old.reserved_range)
        if was and field.number not in numbers:
            found.append(f"{name}.{field.name}: the number {field.number} was used before")
    for range in old.reserved_range:
        if not any(r.start <= range.start and range.end <= r.end for r in new.reserved_range):
            found.append(f"{name}: {range.start} to {range.end - 1} are no longer reserved")
    found += _each(old.nested_type, new.nested_type, _message, name)
    return found + _each(old.enum_type, new.enum_type, _enum, name)


def _field(old, new, name):
    found = []
    if old.name != new.name:
        found.append(f"{name}: the number {old.number} belongs to {new.name} now")
    if (old.type, old.type_name) != (new.type, new.type_name):
        found.append(f"{name}: the type is {_type(new)}, was {_type(old)}")
    if old.label != new.label:
        found.append(f"{name}: one became many, or many one")
    if old.proto3_optional != new.proto3_optional:
        found.append(f"{name}: whether it is there can no longer be told, or had not to be")
    if old.HasField("oneof_index") != new.HasField("oneof_index"):
        found.append(f"{name}: it came into a oneof, or left one")
    return found


def _type(field):
    return field.type_name.lstrip(".") or Field.Type.Name(field.type)[5:].lower()


def _enum(old, new, name):
    found = []
    now = {value.name: value.number for value in new.value}
    for value in old.value:
        if value.name not in now:
            found.append(f"{name}: {value.name} is gone")
        elif now[value.name] != value.number:
            found.append(f"{name}: {value.name} is {now[value.name]}, was {value.number}")
    names = {value.number: value.name for value in old.value}
    for value in new.value:
        was = any(range.start <= value.number <= range.end for range in old.reserved_range)
        if was or names.get(value.number, value.name) != value.name:
            found.append(f"{name}.{value.name}: the number {value.number} was used before")
    return found


# What a JSON Schema says of a value, apart from what is compared part by part.
_EXACT = ["type", "format", "pattern", "const", "contentEncoding", "minimum", "maximum", "maxItems"]


def json_breaks(old, new):
    """Compares two JSON Schemas, of which only references to `$defs` are followed."""
    return _schema(old, new, old, new, "#", set())


def _schema(old, new, old_root, new_root, place, seen):
    old, new = _target(old, old_root), _target(new, new_root)
    if (id(old), id(new)) in seen:
        return []
    seen = seen | {(id(old), id(new))}
    found = [
        f"{place}: {key} is {new.get(key)!r}, was {old.get(key)!r}"
        for key in _EXACT
        if old.get(key) != new.get(key)
    ]
    for value in old.get("enum", []):
        if value not in new.get("enum", [value]):
            found.append(f"{place}: the value {value!r} is gone")
    if "enum" in new and "enum" not in old:
        found.append(f"{place}: only some values are left")
    if new.get("additionalProperties", True) is False and old.get("additionalProperties", True):
        found.append(f"{place}: further properties are refused")
    for name in set(new.get("required", [])) - set(old.get("required", [])):
        found.append(f"{place}/{name} is required: messages that lie in topics may not have it")
    for name in set(old.get("required", [])) - set(new.get("required", [])):
        found.append(f"{place}/{name} is no longer required: its readers count on it")
    for name, value in old.get("properties", {}).items():
        other = new.get("properties", {}).get(name)
        if other is None:
            found.append(f"{place}/{name} is gone")
        else:
            found += _schema(value, other, old_root, new_root, f"{place}/{name}", seen)
    if "items" in old:
        other = new.get("items", {})
        found += _schema(old["items"], other, old_root, new_root, f"{place}[]", seen)
    return found


def _target(schema, root):
    while "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema
