import type { TensorSource } from '../../harness/types/tensor.ts';
import { type Archive, damaged } from './archive.ts';
import type { RandomAccess } from './file.ts';
import { decodeNpy, parseNpyHeader } from './npy.ts';
import { type Member, readZip } from './zip.ts';

const SAVEZ = 'Write it with numpy.savez(path, **{"value/conv1": y}).';

/** Reads the directory and every member's head; elements are read when a source is. Throws E_FORMAT, E_UNSUPPORTED, E_FILE. */
export function readNpz(file: RandomAccess): Archive {
  const tensors = new Map<string, TensorSource>();
  for (const member of readZip(file)) {
    // Archives that were packed by hand list their folders, too.
    if (member.name.endsWith('/') && member.size === 0) continue;
    if (!member.name.endsWith('.npy')) {
      const remedy = `${SAVEZ} A PyTorch checkpoint is no trace: save its tensors with safetensors.torch.save_file.`;
      throw damaged(file.path, member.name, 'is no .npy member: this is another kind of ZIP archive', remedy);
    }
    const name = member.name.slice(0, -'.npy'.length);
    if (tensors.has(name))
      throw damaged(file.path, name, 'is twice in the archive', 'Give each array a name of its own.');
    tensors.set(name, sourceOf(file.path, name, member));
  }
  return { path: file.path, tensors, metadata: {}, ordered: true };
}

function sourceOf(path: string, name: string, member: Member): TensorSource {
  const header = parseNpyHeader(member.head(), member.size, path, name);
  return { dtype: header.dtype, shape: header.shape, read: () => decodeNpy(member.read(), header) };
}
