"""A hand-written network in plain Python, without any package, as a subject of layerdiff.

    layerdiff check examples/process/python.mjs --reference models/twins/mlp/model.onnx --inputs models/twins/mlp/inputs.safetensors
"""

import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dump import cross_entropy, linear, linear_backward, load, save  # noqa: E402  (the loops, and safetensors in 40 lines)


def run(inputs, parameters, trace):
    given, p = load(inputs), load(parameters)
    x, target = given["input"][1], given["target"][1]
    B = len(target)
    w = {n: (p["fc%d.weight" % n][1], p["fc%d.bias" % n][1]) for n in (1, 2, 3)}
    sizes = {1: (64, 48), 2: (48, 32), 3: (32, 10)}

    fc1 = linear(x, *w[1], B, *sizes[1])
    tanh = [math.tanh(v) for v in fc1]
    fc2 = linear(tanh, *w[2], B, *sizes[2])
    sigmoid = [1 / (1 + math.exp(-v)) for v in fc2]
    output = linear(sigmoid, *w[3], B, *sizes[3])
    loss, doutput = cross_entropy(output, target, B, 10)

    dsigmoid, dw3, db3 = linear_backward(doutput, sigmoid, w[3][0], B, *sizes[3])
    dfc2 = [d * s * (1 - s) for d, s in zip(dsigmoid, sigmoid)]
    dtanh, dw2, db2 = linear_backward(dfc2, tanh, w[2][0], B, *sizes[2])
    dfc1 = [d * (1 - t * t) for d, t in zip(dtanh, tanh)]
    dx, dw1, db1 = linear_backward(dfc1, x, w[1][0], B, *sizes[1])

    tensors = {"value/input": ([B, 64], x), "gradient/input": ([B, 64], dx), "value/loss": ([], [loss])}
    layers = [("fc1", 48, fc1, dfc1), ("tanh", 48, tanh, dtanh), ("fc2", 32, fc2, dfc2)]
    layers += [("sigmoid", 32, sigmoid, dsigmoid), ("output", 10, output, doutput)]
    for name, width, value, gradient in layers:
        tensors["value/" + name] = ([B, width], value)
        tensors["gradient/" + name] = ([B, width], gradient)
    for n, dw, db in ((1, dw1, db1), (2, dw2, db2), (3, dw3, db3)):
        inputs_of, outputs_of = sizes[n]
        tensors["value/fc%d.weight" % n] = ([outputs_of, inputs_of], w[n][0])
        tensors["value/fc%d.bias" % n] = ([outputs_of], w[n][1])
        tensors["gradient/fc%d.weight" % n] = ([outputs_of, inputs_of], dw)
        tensors["gradient/fc%d.bias" % n] = ([outputs_of], db)
    save(trace, tensors, ["input"] + [layer[0] for layer in layers] + ["loss"])


for line in sys.stdin:  # one request a line; the program lives as long as layerdiff has requests
    request = json.loads(line)
    run(request["inputs"], request["parameters"], request["trace"])
    print(json.dumps({"done": True}), flush=True)
