"""pysunspec2 as maker of images and as an independent client; JSON lines on stdin, answers are JSON lines.

  {"image": [[id, {point: value}], ...]}   registers of a device with these models, from "SunS" to the end; values are raw
  {"read": [port, unit]}                    {"model.path": value} of a device that is served: computed values, None where not implemented
"""
import json
import sys

import sunspec2.device as device
import sunspec2.modbus.client as client

print("ready", flush=True)


def words(data):
    return [int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2)]


def image(models):
    registers = [0x5375, 0x6E53]
    for model_id, values in models:
        registers += words(device.Model(model_id, data=values).get_mb())
    return registers + [0xFFFF, 0]


def walk(group, prefix, result):
    for name, point in group.points.items():
        value = point.cvalue
        result[prefix + name] = value.decode("latin-1") if isinstance(value, bytes) else value
    for name, inner in group.groups.items():
        several = inner if isinstance(inner, list) else [inner]
        for number, one in enumerate(several, 1):
            walk(one, prefix + name + "." + (str(number) + "." if isinstance(inner, list) else ""), result)


def read(port, unit):
    remote = client.SunSpecModbusClientDeviceTCP(slave_id=unit, ipaddr="127.0.0.1", ipport=port)
    remote.scan()
    result = {}
    for key, models in remote.models.items():
        if isinstance(key, int):
            for number, model in enumerate(models, 1):
                walk(model, str(key) + "/" + str(number) + ".", result)
    remote.close()
    return result


for line in sys.stdin:
    command = json.loads(line)
    answer = image(command["image"]) if "image" in command else read(*command["read"])
    print(json.dumps(answer), flush=True)
