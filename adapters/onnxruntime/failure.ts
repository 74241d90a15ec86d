import { type ErrorCode, LayerdiffError } from '../../harness/errors.ts';

/** The command that installs ONNX Runtime without the download of GPU libraries that fails on many machines. */
export const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=skip npm i -D onnxruntime-node';

/** E_PEER: a build of ONNX Runtime is not there. */
export function peerAbsent(cause: unknown, name = 'onnxruntime-node'): LayerdiffError {
  const [role, install] =
    name === 'onnxruntime-node' ? ['runs the reference', INSTALL] : ['is to run the model', `npm i -D ${name}`];
  if (!/^(?:@[\w.-]+\/)?[\w.-]+$/.test(name))
    return new LayerdiffError('E_PEER', name, `it ${role}, and there is no such module`, 'Check the path.', { cause });
  const what = name.startsWith('onnxruntime-') ? 'ONNX Runtime' : 'it';
  const reason = `${what} ${role}, and it is not installed`;
  return new LayerdiffError('E_PEER', name, reason, `Install it: ${install}`, { cause });
}

/** What ONNX Runtime says of operands that do not fit together. */
const SHAPES =
  /incompatible dimension|cannot be broadcast|broadcast|dimension mismatch|dimensions? .*(do not|does not|must) match|cannot be reshaped|invalid rank|axes|axis .*(range|bounds)|size mismatch|shape/i;
const NODE = /while running (\S+) node\. Name:'([^']*)' Status Message: (.*)$/;
/** What is wrong with a node when a model is loaded. */
const LOADING = /Node \(([^)]*)\) Op \(([^)]*)\) (?:\[(\w+)\] )?(.*)$/;
const UNKNOWN_OPERATOR = /not a registered function\/op|could not find an implementation|not_implemented/i;

/**
 * An error of ONNX Runtime as one of ours: its first line, with the node's name where it has one. E_SHAPE where operands
 * do not fit together, E_REFERENCE otherwise.
 *
 * @param place what was being run, for messages that name no node
 */
export function referenceFailure(message: string, place: string, cause?: unknown): LayerdiffError {
  const line = firstLine(message);
  const [run, load] = [NODE.exec(line), LOADING.exec(line)];
  const node = run ? { op: run[1], name: run[2], said: run[3] } : load && { op: load[2], name: load[1], said: load[4] };
  const reason = withoutSource(node?.said ?? line);
  const where = node ? node.name || `${node.op} node` : place;
  const said = `ONNX Runtime says: ${reason}`;
  const ofShapes = node !== null && (load?.[3] === 'ShapeInferenceError' || SHAPES.test(reason));
  if (ofShapes) return failure('E_SHAPE', where, said, 'Check the shapes of what feeds this node.', cause);
  const remedy = UNKNOWN_OPERATOR.test(reason)
    ? 'Use an operator, opset and type that ONNX Runtime has on the CPU.'
    : 'Check that ONNX Runtime runs this model by itself.';
  return failure('E_REFERENCE', where, said, remedy, cause);
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
