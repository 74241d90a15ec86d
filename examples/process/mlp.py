"""A hand-written network in plain Python, without any package, as a subject of layerdiff.

    layerdiff check examples/process/python.mjs --reference models/twins/mlp/model.onnx --inputs models/twins/mlp/inputs.safetensors
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dump import iteration, load, save  # noqa: E402  (the loops forward and backward, and safetensors in 40 lines)


def run(inputs, parameters, trace):
    given, p = load(inputs), load(parameters)
    w = {n: (p["fc%d.weight" % n][1], p["fc%d.bias" % n][1]) for n in (1, 2, 3)}
    save(trace, *iteration(given["input"][1], given["target"][1], w))


for line in sys.stdin:  # one request a line; the program lives as long as layerdiff has requests
    request = json.loads(line)
    run(request["inputs"], request["parameters"], request["trace"])
    print(json.dumps({"done": True}), flush=True)
