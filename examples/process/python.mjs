// The network in mlp.py as a subject: what to start, and which of its names are which of the model's.
import { join } from 'node:path';
import { names } from './names.mjs';

export default { name: 'mlp in Python', command: ['python3', join(import.meta.dirname, 'mlp.py')], map: names };
