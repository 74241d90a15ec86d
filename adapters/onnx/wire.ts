import protobuf from 'protobufjs/light.js';
import { LayerdiffError } from '../../harness/errors.ts';
import type { Long as Int64 } from './messages.ts';
import { messageType } from './schema.ts';

/**
 * Decodes one message. Fields of bytes are views on `bytes`.
 * @throws E_FORMAT where the bytes are not such a message
 */
export function decodeMessage<T>(type: string, bytes: Uint8Array, place: string): T {
  const reader = protobuf.Reader.create(bufferOf(bytes));
  reader.discardUnknown = true;
  try {
    return messageType(type).decode(reader) as unknown as T;
  } catch (cause) {
    throw damaged(
      place,
      `its bytes are not a ${type} (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
}

/** Encodes one message from plain data. */
export function encodeMessage(type: string, message: object): Uint8Array {
  const made = messageType(type).encode(message).finish();
  return plain(made);
}

/** The same bytes as a Uint8Array proper: slice() of a Buffer would be a view, not a copy. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The text in a field of bytes. */
export const textOf = (bytes: Uint8Array): string => bufferOf(bytes).toString('utf8');

/** A Buffer, whichever realm the array came from: protobufjs tests with instanceof. Its own default for a field of bytes is []. */
function bufferOf(bytes: Uint8Array): Buffer {
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.alloc(0);
}

/** All 64 bits of an integer. */
export function bigintOf(value: Int64): bigint {
  const bits = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
  return value.unsigned ? bits : BigInt.asIntN(64, bits);
}

/** An int64 field from a number; beyond the range the nearest end, so that INT64_MAX survives having been a number. */
export function longOf(value: number): unknown {
  return Long.fromNumber(value, false);
}

/** protobufjs types its own 64-bit class as a bare constructor. */
const Long = protobuf.util.Long as unknown as { fromNumber(value: number, unsigned: boolean): unknown };

/** The error for a file that is cut off or not what it says. */
export function damaged(place: string, reason: string, cause?: unknown): LayerdiffError {
  const remedy = 'Export the model again, or copy it again: it is cut off or not an ONNX file.';
  return new LayerdiffError('E_FORMAT', place, reason, remedy, { cause });
}
