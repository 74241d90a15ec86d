import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/reductions.ts';

describe('gradients of reductions and cumulations equal central differences', () => proveCases(cases));
