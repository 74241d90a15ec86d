import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import type { Named } from './types.ts';

/** The subject broke its contract, there. */
export function broken(place: string, reason: string, remedy: string, cause?: unknown): LayerdiffError {
  return new LayerdiffError('E_SUBJECT', place, reason, remedy, cause === undefined ? {} : { cause });
}

/** Runs the user's code: what it throws becomes E_SUBJECT that names the place, and keeps the original as its cause. */
export async function guarded<T>(place: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (isLayerdiffError(cause)) throw cause;
    const said = cause instanceof Object && 'message' in cause ? String(cause.message) : String(cause);
    throw broken(
      place,
      `threw "${said}"`,
      'Run the network by itself first; --debug shows where it was thrown.',
      cause,
    );
  }
}

/** Up to eight names, for a message. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 8).map((name) => `"${name}"`);
  return all.length === 0 ? 'none' : shown.join(', ') + (all.length > 8 ? ` and ${all.length - 8} more` : '');
}

/** Things by name, that answer a misspelt name with the names there are. `onRead` hears which are asked for. */
export function named<T>(
  things: ReadonlyMap<string, T>,
  place: string,
  what: string,
  onRead: (name: string) => void = () => {},
): Named<T> {
  return new Proxy(Object.fromEntries(things) as Record<string, T>, {
    get(target, key) {
      // What the language itself asks for (then, toJSON, toString, symbols) is not a misspelt name.
      if (typeof key === 'symbol' || key === 'then' || key === 'toJSON') return Reflect.get(target, key);
      if (!Object.hasOwn(target, key)) {
        if (key in Object.prototype) return Reflect.get(target, key);
        throw broken(place, `asked for the ${what} "${key}"`, `There are: ${listed(things.keys())}.`);
      }
      onRead(key);
      return target[key];
    },
  });
}
