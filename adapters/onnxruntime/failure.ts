import { type ErrorCode, LayerdiffError } from '../../harness/errors.ts';

/** The command that installs ONNX Runtime without the download of GPU libraries that fails on many machines. */
export const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=skip npm i -D onnxruntime-node';

/** E_PEER: onnxruntime-node is not there. */
export function peerAbsent(cause: unknown): LayerdiffError {
  return new LayerdiffError(
    'E_PEER',
    'onnxruntime-node',
    'ONNX Runtime runs the reference, and it is not installed',
    `Install it: ${INSTALL}`,
    { cause },
  );
}

/** What ONNX Runtime says of operands that do not fit together. */
const SHAPES =
  /incompatible dimension|cannot be broadcast|broadcast|dimension mismatch|dimensions? .*(do not|does not|must) match|cannot be reshaped|invalid rank|axes|axis .*(range|bounds)|size mismatch|shape/i;
const NODE = /while running (\S+) node\. Name:'([^']*)' Status Message: (.*)$/;
const UNKNOWN_OPERATOR = /not a registered function\/op|could not find an implementation|not_implemented/i;

/**
 * An error of ONNX Runtime as one of ours: its first line, with the node's name where it has one. E_SHAPE where operands
 * do not fit together, E_REFERENCE otherwise.
 *
 * @param place what was being run, for messages that name no node
 */
export function referenceFailure(message: string, place: string, cause?: unknown): LayerdiffError {
  const line = firstLine(message);
  const node = NODE.exec(line);
  const reason = withoutSource(node?.[3] ?? line);
  const where = node ? node[2] || `${node[1]} node` : place;
  const said = `ONNX Runtime says: ${reason}`;
  if (node && SHAPES.test(reason))
    return failure('E_SHAPE', where, said, 'Check the shapes of what feeds this node.', cause);
  if (UNKNOWN_OPERATOR.test(reason)) {
    return failure(
      'E_REFERENCE',
      where,
      said,
      'Use an operator, opset and type that ONNX Runtime has on the CPU.',
      cause,
    );
  }
  return failure('E_REFERENCE', where, said, 'Check that ONNX Runtime runs this model by itself.', cause);
}

function failure(code: ErrorCode, place: string, reason: string, remedy: string, cause: unknown): LayerdiffError {
  return new LayerdiffError(code, place, reason, remedy, cause === undefined ? {} : { cause });
}

function firstLine(message: string): string {
  return (message.split(/\r?\n/)[0] ?? '').trim().replace(/[.\s]+$/, '');
}

/** Without the C++ file, function and condition that some messages begin with. */
function withoutSource(text: string): string {
  return text.replace(/^\S*\/\S+\.(?:cc|h|hpp):\d+ (?:.*?\) )?(?=\S)/, '').replace(/^.* was false\. (?=\S)/, '');
}
