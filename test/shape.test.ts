import { describe, expect, it } from '@jest/globals';
import { broadcastShapes, indexOf, sizeOf, stridesOf } from '../harness/shape.ts';

describe('shapes', () => {
  it('broadcasts as numpy does, and says null where it cannot', () => {
    expect(broadcastShapes([5, 1, 3], [7, 1])).toEqual([5, 7, 3]);
    expect(broadcastShapes([2, 3], [3])).toEqual([2, 3]);
    expect(broadcastShapes([2, 3], [2])).toBeNull();
    expect(broadcastShapes([0, 3], [1, 3])).toEqual([0, 3]);
  });
  it('counts elements, strides and positions in row-major order', () => {
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([2, 0, 3])).toBe(0);
    expect(stridesOf([2, 3, 5])).toEqual([15, 5, 1]);
    expect(indexOf(23, [2, 3, 5])).toEqual([1, 1, 3]);
  });
});
