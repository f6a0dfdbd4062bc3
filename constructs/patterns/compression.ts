import { Construct } from 'constructs';
import { EnvoyFilter, typedConfig } from '../istio/envoy-filter';
import { addFilter, FilterPatternProps } from './target';

export interface CompressionProps extends FilterPatternProps {
  /** @default 'gzip' */
  readonly algorithm?: 'gzip' | 'brotli' | 'zstd';
  /** Answers that are compressed. @default Envoy's: HTML, CSS, JavaScript, JSON, SVG, plain text, XML */
  readonly contentTypes?: readonly string[];
  /** Bytes from which on it is worth it. @default 30 */
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
  readonly filter: EnvoyFilter;

  constructor(scope: Construct, id: string, props: CompressionProps) {
    super(scope, id);
    const algorithm = props.algorithm ?? 'gzip';
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
