/** What a test can have a server of. */
export type ServerKind = 'kafka' | 'mongo' | 'redis';

/** What runs in a container. Their tags are those of docker-compose.yml. */
export const images: Readonly<Record<ServerKind, string>> = {
  kafka: 'apache/kafka:4.3.1',
  mongo: 'mongo:8',
  redis: 'redis:8',
};

/** Where a server comes from, in the order in which they are tried. */
export type ServerWay = 'environment' | 'container' | 'native';

export type ServerErrorCode = 'server_unavailable' | 'server_not_started';

/** There is no way to a server on this machine (`server_unavailable`), or it did not come up (`server_not_started`). */
export class ServerError extends Error {
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerError';
    this.code = code;
  }
}

/** A server of the caller's own, and what a test of faults does to it. */
export interface ServerControl {
  readonly way: 'container' | 'native';
  /** The process that runs now; undefined in a container and while none runs. */
  readonly pid: number | undefined;
  /** What it has written, over all its starts. */
  output(): Promise<string>;
  /** Ends it as a power cut of the process would (SIGKILL). Its data stay; `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops its clock (SIGSTOP): connections stay open and nothing answers. */
  pause(): Promise<void>;
  /** Lets a paused server go on (SIGCONT). */
  resume(): Promise<void>;
  /** Ends it in order if it runs, starts it on the same port and data, and waits until it serves. */
  restart(): Promise<void>;
  /** Ends it for good and deletes its data. Safe to call twice, and whatever state it is in. */
  stop(): Promise<void>;
}

/** Where a server's files lie, and from where it is reached. */
export interface Place {
  /** Its folder: configuration, data. */
  readonly folder: string;
  /** The address that it listens on. */
  readonly bind: string;
}

/** How one server is started in one place. */
export interface Launch {
  /** Files to write into the folder before the first start, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** A command to run once, before the first start. */
  readonly prepare?: readonly string[];
  /** The server in the foreground; undefined for what a container's image starts by itself. */
  readonly command: readonly string[] | undefined;
}

/** Everything that starting a server needs to know about it. */
export interface ServerPlan {
  /** As in "Kafka: native on 127.0.0.1:9092". */
  readonly label: string;
  /** Ports on the host; the first one is the address that is named. */
  readonly ports: readonly number[];
  readonly image: string;
  /** The port inside a container for each of `ports`; the same ones unless the image cannot be told. */
  readonly containerPorts?: readonly number[];
  native(place: Place): Promise<Launch>;
  container(place: Place): Launch;
  /** Whether it answers as a server that can be worked with; never throws. */
  isReady(): Promise<boolean>;
}

/** How long a server may take from its start until it answers, in milliseconds: a busy machine with two cores starts a JVM. */
export const startLimitMs = 60_000;
