"""A network in plain Python, without any package, that dumps a trace for layerdiff.

    layerdiff record models/twins/mlp/model.onnx --inputs models/twins/mlp/inputs.safetensors --out reference.safetensors
    python3 examples/dump.py reference.safetensors trace.safetensors
    layerdiff check trace.safetensors --reference models/twins/mlp/model.onnx --inputs models/twins/mlp/inputs.safetensors

Copy `save` (and `load`, to get the same inputs and weights) into your own program: that is all it takes.
"""

import json
import math
import struct
import sys

FORMATS = {"F32": "f", "F64": "d", "I64": "q", "I32": "i"}


def load(path):
    """{name: (shape, flat list)} of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        letter = FORMATS[entry["dtype"]]
        count = (end - begin) // struct.calcsize(letter)
        tensors[name] = (entry["shape"], list(struct.unpack("<%d%s" % (count, letter), data[begin:end])))
    return tensors


def save(path, tensors, order):
    """Writes {name: (shape, flat list)} as float32; `order` names the tensors in order of execution."""
    header = {"__metadata__": {"format": "layerdiff-trace", "version": "1", "producer": "dump.py", "order": json.dumps(order)}}
    data = b""
    for name, (shape, numbers) in tensors.items():
        raw = struct.pack("<%df" % len(numbers), *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def linear(x, w, b, B, I, O):
    """x: [B, I], w: [O, I], b: [O] -> [B, O]"""
    return [b[o] + sum(x[n * I + i] * w[o * I + i] for i in range(I)) for n in range(B) for o in range(O)]


def linear_backward(dy, x, w, B, I, O):
    """dy: [B, O] -> gradients of x, w and b"""
    dx = [sum(dy[n * O + o] * w[o * I + i] for o in range(O)) for n in range(B) for i in range(I)]
    dw = [sum(dy[n * O + o] * x[n * I + i] for n in range(B)) for o in range(O) for i in range(I)]
    db = [sum(dy[n * O + o] for n in range(B)) for o in range(O)]
    return dx, dw, db


def cross_entropy(logits, target, B, C):
    """The mean of -log softmax(logits)[target], and its gradient."""
    loss, d = 0.0, []
    for n in range(B):
        row = logits[n * C : (n + 1) * C]
        powers = [math.exp(x - max(row)) for x in row]
        p = [e / sum(powers) for e in powers]
        loss -= math.log(p[target[n]]) / B
        d += [(p[c] - (c == target[n])) / B for c in range(C)]
    return loss, d


def iteration(x, target, w, prefix=""):
    """One pass of the network, forward and backward: the tensors of its trace, and their order of execution. w: {n: (weight, bias)}"""
    B = len(target)
    sizes = {1: (64, 48), 2: (48, 32), 3: (32, 10)}

    # forward
    fc1 = linear(x, *w[1], B, *sizes[1])
    tanh = [math.tanh(v) for v in fc1]
    fc2 = linear(tanh, *w[2], B, *sizes[2])
    sigmoid = [1 / (1 + math.exp(-v)) for v in fc2]
    output = linear(sigmoid, *w[3], B, *sizes[3])
    loss, doutput = cross_entropy(output, target, B, 10)

    # backward
    dsigmoid, dw3, db3 = linear_backward(doutput, sigmoid, w[3][0], B, *sizes[3])
    dfc2 = [d * s * (1 - s) for d, s in zip(dsigmoid, sigmoid)]
    dtanh, dw2, db2 = linear_backward(dfc2, tanh, w[2][0], B, *sizes[2])
    dfc1 = [d * (1 - t * t) for d, t in zip(dtanh, tanh)]
    dx, dw1, db1 = linear_backward(dfc1, x, w[1][0], B, *sizes[1])

    # the trace: value/NAME and gradient/NAME
    tensors = {"value/input": ([B, 64], x), "gradient/input": ([B, 64], dx)}
    layers = [("fc1", 48, fc1, dfc1), ("tanh", 48, tanh, dtanh), ("fc2", 32, fc2, dfc2)]
    layers += [("sigmoid", 32, sigmoid, dsigmoid), ("output", 10, output, doutput)]
    for name, width, value, gradient in layers:
        tensors["value/" + name] = ([B, width], value)
        tensors["gradient/" + name] = ([B, width], gradient)
    tensors["value/loss"] = ([], [loss])
    for n, (dw, db) in {1: (dw1, db1), 2: (dw2, db2), 3: (dw3, db3)}.items():
        for name, size, value, gradient in (
            ("weight", [sizes[n][1], sizes[n][0]], w[n][0], dw),
            ("bias", [sizes[n][1]], w[n][1], db),
        ):
            tensors["value/%sfc%d.%s" % (prefix, n, name)] = (size, value)
            tensors["gradient/%sfc%d.%s" % (prefix, n, name)] = (size, gradient)
    return tensors, ["input"] + [layer[0] for layer in layers] + ["loss"]


def main(source, out):
    reference = load(source)
    get = lambda name: reference["value/" + name][1]
    w = {n: (get("net.fc%d.weight" % n), get("net.fc%d.bias" % n)) for n in (1, 2, 3)}
    save(out, *iteration(get("input"), get("target"), w, "net."))


if __name__ == "__main__":
    main(*sys.argv[1:])
