/**
 * The event log on Apache Kafka, between many processes: `kafkaEventLog` with its dead letters, `planTopics`, `applyTopics` and
 * `checkTopics` for the operator's command, and providers of tokens for SASL. It speaks through kafkajs, none of whose types
 * leave this folder. It never makes a topic unless it is told to, and never decides what a record means.
 */
export { deadLettersTopic, type ReplayRequest } from './dead-letter-records.ts';
export type { KafkaDeadLetters } from './kafka-dead-letters.ts';
export { type KafkaEventLog, kafkaEventLog } from './kafka-event-log.ts';
export { type KafkaMetrics, noKafkaMetrics, type RestartReason } from './kafka-metrics.ts';
export type {
  KafkaConnectionOptions,
  KafkaEventLogOptions,
  KafkaSasl,
  KafkaTiming,
  KafkaTls,
  TokenProvider,
} from './kafka-options.ts';
export { mostRecordBytes } from './kafka-writer.ts';
export { type ClientCredentials, clientCredentialsToken, fileToken } from './oauth-token.ts';
export { type KafkaSignIn, kafkaSasl } from './sign-in.ts';
export {
  applyTopics,
  checkTopics,
  describeDifference,
  isApplicable,
  planTopics,
  type TopicDifference,
  type TopicOptions,
} from './topics.ts';
