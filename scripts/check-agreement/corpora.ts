import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readYaml } from '../../cli/check/read-yaml';
import { groupOf, ModelObject } from '../../constructs/model/object';

/** The commit of the release whose rules are compared; the Go module serves no tags. */
export const ISTIO = { version: '1.29.1', module: 'istio.io/istio@v0.0.0-20260306174214-6991a379e1fc' };

/** An object of a corpus, and what upstream's own tests expect of the API server. */
export interface Case {
  readonly object: ModelObject;
  readonly where: string;
  /** What the refusal says; nothing where the object is to be accepted or upstream does not tell. */
  readonly refusal?: string;
}

export interface Corpus {
  readonly name: string;
  /** Says that `refusal` decides: absent means accepted. */
  readonly judged: boolean;
  readonly cases: readonly Case[];
}

/** Folder of the Istio module on this machine, downloaded where it is missing. */
export function istioFolder(): string {
  const env = { ...process.env, GONOSUMDB: 'istio.io/*', GOFLAGS: '-mod=mod' };
  return (JSON.parse(execFileSync('go', ['mod', 'download', '-json', ISTIO.module], { cwd: '/', encoding: 'utf8', env })) as { Dir: string }).Dir;
}

/** Objects of the Gateway API, which only an API server judges. */
export function gatewayCases(folder: string): Case[] {
  return casesIn(folder, '', [], (object) => groupOf(object) === 'gateway.networking.k8s.io');
}

export function corpora(folder: string): Corpus[] {
  const own = ['pkg/config/validation/testdata/crds', 'pkg/test/datasets/validation/dataset', 'samples', 'pkg/config/analysis/analyzers/testdata'];
  return [
    { name: 'CRD test data (`pkg/config/validation/testdata/crds`)', judged: true, cases: casesIn(folder, own[0]!) },
    { name: 'valid objects (`pkg/test/datasets/validation`)', judged: true, cases: casesIn(folder, own[1]!) },
    { name: '`samples/`', judged: true, cases: casesIn(folder, own[2]!) },
    { name: 'analysis test data (`pkg/config/analysis/analyzers/testdata`)', judged: false, cases: casesIn(folder, own[3]!) },
    { name: 'every other object of the module', judged: false, cases: casesIn(folder, '', own) },
  ];
}

function casesIn(folder: string, under: string, except: readonly string[] = [], wanted = isIstio): Case[] {
  return yamlFiles(path.join(folder, under)).flatMap((file) => {
    const where = path.relative(folder, file);
    if (except.some((other) => where.startsWith(`${other}/`))) {
      return [];
    }
    const text = fs.readFileSync(file, 'utf8');
    // Templates of Helm and of Go are no objects yet.
    const { objects } = /istio\.io\/|gateway\.networking/.test(text) && !text.includes('{{') ? readYaml(text, where) : { objects: [] };
    return objects.filter(({ object }) => wanted(object)).map(({ object }) => toCase(object, where));
  });
}

function toCase(object: ModelObject, where: string): Case {
  const { _err: refusal, ...rest } = object as ModelObject & { _err?: string };
  return { object: rest, where: `${where}:${object.origin?.line ?? 1}`, refusal };
}

function isIstio(object: ModelObject): boolean {
  const group = groupOf(object);
  return group.endsWith('.istio.io') && group !== 'install.istio.io';
}

export function yamlFiles(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? yamlFiles(file) : /\.ya?ml$/.test(entry.name) ? [file] : [];
  });
}
