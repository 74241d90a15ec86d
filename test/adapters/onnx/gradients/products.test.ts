import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/products.ts';

describe('gradients of products equal central differences', () => proveCases(cases));
