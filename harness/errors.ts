/**
 * An error that a user can act on: a code to look up, the place, the reason, and the remedy.
 * A mismatch is not an error: it is a result.
 */
export class LayerdiffError extends Error {
  readonly code: ErrorCode;
  readonly place: string;
  readonly remedy: string;

  /**
   * @param code one of {@link ErrorCode}
   * @param place file, tensor, node or option at fault
   * @param reason what is wrong there, as a sentence without its final stop
   * @param remedy what to do about it, as a sentence
   */
  constructor(code: ErrorCode, place: string, reason: string, remedy: string, options?: { cause?: unknown }) {
    super(`${code}  ${place}: ${reason}. ${remedy}`, options);
    this.name = 'LayerdiffError';
    this.code = code;
    this.place = place;
    this.remedy = remedy;
  }
}

/** Every code that an error may carry. */
export type ErrorCode =
  | 'E_FILE' // cannot be read or written
  | 'E_FORMAT' // not what its name says, or damaged
  | 'E_MODEL' // a graph that is not valid ONNX
  | 'E_UNSUPPORTED' // valid, but not implemented: the message names what is
  | 'E_NO_GRADIENT' // an operator that has no derivative, or no rule
  | 'E_INPUT' // an input is missing, of another name, shape or type
  | 'E_SHAPE' // shapes that do not fit together
  | 'E_LOSS' // no scalar to differentiate
  | 'E_NOTHING_COMPARABLE' // no tensor that both sides have
  | 'E_SUBJECT' // the subject threw, returned nothing, or broke its contract
  | 'E_REFERENCE' // the framework refused or crashed
  | 'E_OPTION' // a command-line option or configuration key
  | 'E_PEER' // an optional package is not installed
  | 'E_LIMIT'; // larger than a stated bound

/** True for our own errors, whichever copy of this module made them. */
export function isLayerdiffError(error: unknown): error is LayerdiffError {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'LayerdiffError';
}
