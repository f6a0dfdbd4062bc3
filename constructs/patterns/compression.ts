import { Construct } from 'constructs';
import { EnvoyFilter, typedConfig } from '../istio/envoy-filter';
import { throwOnProblems } from '../validation';
import { numberProblems, UINT32 } from './checks';
import { addFilter, FilterPatternProps } from './target';

/** Settings of {@link Compression}. */
export interface CompressionProps extends FilterPatternProps {
  /** How they are compressed; clients have to accept it. @default 'gzip' */
  readonly algorithm?: 'gzip' | 'brotli' | 'zstd';
  /** Answers that are compressed. @default Envoy's: HTML, CSS, JavaScript, JSON, SVG, plain text, XML */
  readonly contentTypes?: readonly string[];
  /** Bytes from which on an answer is compressed, 0 or more. @default 30 */
  readonly minBytes?: number;
}

const LIBRARIES = {
  gzip: 'envoy.extensions.compression.gzip.compressor.v3.Gzip',
  brotli: 'envoy.extensions.compression.brotli.compressor.v3.Brotli',
  zstd: 'envoy.extensions.compression.zstd.compressor.v3.Zstd',
} as const;

/**
 * Compresses answers for clients that accept it.
 *
 * Proof: `curl -H 'accept-encoding: gzip'`; the answer has content-encoding gzip.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/compressor_filter
 */
export class Compression extends Construct {
  /** The object that it is written as. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where the size, the list of types or the port is none */
  constructor(scope: Construct, id: string, props: CompressionProps) {
    super(scope, id);
    const algorithm = props.algorithm ?? 'gzip';
    const at = (field: string): string => `${this.node.path}: ${field}`;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...numberProblems(at('minBytes'), props.minBytes, { min: 0, max: UINT32 }, 'a size is a whole number of bytes', 'Give 0 for every answer'),
      ...(props.contentTypes?.length === 0
        ? [{ at: at('contentTypes'), value: [], rule: "an empty list is Envoy's own list", mend: 'Name the types, or leave it out' }]
        : []),
    ]);
    this.filter = addFilter(this, 'compression', props, {
      name: 'envoy.filters.http.compressor',
      type: 'envoy.extensions.filters.http.compressor.v3.Compressor',
      config: {
        response_direction_config: {
          common_config: {
            ...(props.minBytes !== undefined && { min_content_length: props.minBytes }),
            ...(props.contentTypes && { content_type: props.contentTypes }),
          },
        },
        compressor_library: { name: algorithm, typed_config: typedConfig(LIBRARIES[algorithm]) },
      },
    });
  }
}
