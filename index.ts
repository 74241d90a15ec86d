export { LayerdiffError, type ErrorCode } from './harness/errors.ts';
