import type { Report, Vote } from '../../harness/types/report.ts';
import { nameText, visible } from './text.ts';

/** Each reference's vote in words: `lenet.onnx (onnxruntime 1.30.0): match; the oracle has nothing against it`. */
export function votesText({ votes }: Pick<Report, 'votes'>): readonly string[] {
  return (votes?.references ?? []).map(voteText);
}

function voteText({ reference, outcome, confirmed }: Vote): string {
  const framework = `${nameText(reference.kind)} ${visible(reference.version)}`.trim();
  const oracle = confirmed ? 'the oracle has nothing against it' : 'the oracle sides with another reference';
  return `${nameText(reference.name)} (${framework}): ${outcome}; ${oracle}`;
}
