// A hand-written network in Rust, without any crate, as a subject of layerdiff: reads inputs and parameters from safetensors, writes
// its trace as one. The three paths come in the environment; it runs once and ends with 0.
use std::{env, fs};

const B: usize = 16;

/// A safetensors file: the header as text, and the data.
struct File {
    header: String,
    data: Vec<u8>,
}

fn load(variable: &str) -> File {
    let bytes = fs::read(env::var(variable).expect(variable)).expect("cannot read");
    let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    File { header: String::from_utf8(bytes[8..8 + n].to_vec()).unwrap(), data: bytes[8 + n..].to_vec() }
}

impl File {
    fn bytes(&self, name: &str) -> &[u8] {
        let key = format!("\"{name}\":");
        let entry = &self.header[self.header.find(&key).unwrap_or_else(|| panic!("there is no tensor {name}"))..];
        let list = &entry[entry.find("\"data_offsets\":[").unwrap() + 16..];
        let mut ends = list[..list.find(']').unwrap()].split(',').map(|x| x.trim().parse::<usize>().unwrap());
        &self.data[ends.next().unwrap()..ends.next().unwrap()]
    }
    fn floats(&self, name: &str) -> Vec<f32> {
        self.bytes(name).chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }
}

#[derive(Default)]
struct Trace {
    entries: Vec<String>,
    data: Vec<u8>,
}

impl Trace {
    fn put(&mut self, name: &str, shape: &[usize], x: &[f32]) {
        let begin = self.data.len();
        self.data.extend(x.iter().flat_map(|v| v.to_le_bytes()));
        let end = self.data.len();
        self.entries.push(format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}"));
    }
    fn save(&self) {
        let header = format!("{{{}}}", self.entries.join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(&self.data);
        fs::write(env::var("LAYERDIFF_TRACE").unwrap(), bytes).unwrap();
    }
}

// ---- the layers, forward beside backward.   x: [B, i], w: [o, i]

fn linear(x: &[f32], w: &[f32], b: &[f32]) -> Vec<f32> {
    let (o, i) = (b.len(), w.len() / b.len());
    (0..B * o).map(|k| (0..i).fold(b[k % o], |s, j| s + x[k / o * i + j] * w[k % o * i + j])).collect()
}

fn linear_backward(dy: &[f32], x: &[f32], w: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let (o, i) = (dy.len() / B, x.len() / B);
    let (mut dx, mut dw, mut db) = (vec![0.0; B * i], vec![0.0; o * i], vec![0.0; o]);
    for n in 0..B {
        for k in 0..o {
            db[k] += dy[n * o + k];
            for j in 0..i {
                dx[n * i + j] += dy[n * o + k] * w[k * i + j];
                dw[k * i + j] += dy[n * o + k] * x[n * i + j];
            }
        }
    }
    (dx, dw, db)
}

/// The mean of -log softmax(logits)[target], and its gradient.
fn cross_entropy(logits: &[f32], target: &[usize]) -> (f32, Vec<f32>) {
    let c = logits.len() / B;
    let (mut loss, mut d) = (0.0, vec![]);
    for (row, &t) in logits.chunks(c).zip(target) {
        let top = row.iter().cloned().fold(f32::MIN, f32::max);
        let sum: f32 = row.iter().map(|x| (x - top).exp()).sum();
        loss -= (row[t] - top - sum.ln()) / B as f32;
        d.extend(row.iter().enumerate().map(|(k, x)| ((x - top).exp() / sum - (k == t) as u8 as f32) / B as f32));
    }
    (loss, d)
}

fn main() {
    let (parameters, inputs) = (load("LAYERDIFF_PARAMETERS"), load("LAYERDIFF_INPUTS"));
    let [w1, w2, w3] = [1, 2, 3].map(|n| parameters.floats(&format!("fc{n}.weight")));
    let [b1, b2, b3] = [1, 2, 3].map(|n| parameters.floats(&format!("fc{n}.bias")));
    let x = inputs.floats("input");
    let target: Vec<usize> = inputs.bytes("target").chunks(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize).collect();

    let fc1 = linear(&x, &w1, &b1);
    let tanh: Vec<f32> = fc1.iter().map(|v| v.tanh()).collect();
    let fc2 = linear(&tanh, &w2, &b2);
    let sigmoid: Vec<f32> = fc2.iter().map(|v| 1.0 / (1.0 + (-v).exp())).collect();
    let output = linear(&sigmoid, &w3, &b3);
    let (loss, doutput) = cross_entropy(&output, &target);

    let (dsigmoid, dw3, db3) = linear_backward(&doutput, &sigmoid, &w3);
    let dfc2: Vec<f32> = dsigmoid.iter().zip(&sigmoid).map(|(d, s)| d * s * (1.0 - s)).collect();
    let (dtanh, dw2, db2) = linear_backward(&dfc2, &tanh, &w2);
    let dfc1: Vec<f32> = dtanh.iter().zip(&tanh).map(|(d, t)| d * (1.0 - t * t)).collect();
    let (dx, dw1, db1) = linear_backward(&dfc1, &x, &w1);

    let mut trace = Trace::default();
    let layers = [("input", &x, &dx), ("fc1", &fc1, &dfc1), ("tanh", &tanh, &dtanh), ("fc2", &fc2, &dfc2), ("sigmoid", &sigmoid, &dsigmoid), ("output", &output, &doutput)];
    for (name, value, gradient) in layers {
        trace.put(&format!("value/{name}"), &[B, value.len() / B], value);
        trace.put(&format!("gradient/{name}"), &[B, value.len() / B], gradient);
    }
    trace.put("value/loss", &[], &[loss]);
    for (n, w, b, dw, db) in [(1, &w1, &b1, &dw1, &db1), (2, &w2, &b2, &dw2, &db2), (3, &w3, &b3, &dw3, &db3)] {
        let shape = [b.len(), w.len() / b.len()];
        trace.put(&format!("value/fc{n}.weight"), &shape, w);
        trace.put(&format!("gradient/fc{n}.weight"), &shape, dw);
        trace.put(&format!("value/fc{n}.bias"), &[b.len()], b);
        trace.put(&format!("gradient/fc{n}.bias"), &[b.len()], db);
    }
    trace.save();
}
