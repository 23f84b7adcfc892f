#!/bin/bash
# Applies the access control lists. Repeating it changes nothing; what somebody else has allowed stays allowed.
# BROKERS      host:port,…
# CONFIG       properties that Kafka's tools sign in with
# PREFIX       what GATEHOUSE_KAFKA_PREFIX says, if anything
set -euo pipefail

# allow WHO WHAT OPERATION…    WHAT: --topic, --group or --transactional-id, and the beginning of a name
allow() {
  local who=$1 kind=$2 name=$3; shift 3
  local operations=()
  for operation in "$@"; do operations+=(--operation "$operation"); done
  /opt/kafka/bin/kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$CONFIG" --add \
    --allow-principal "User:$who" "${operations[@]}" "$kind" "${PREFIX:-}$name" --resource-pattern-type prefixed
}

# What every service does: look at the topics, and send.
for service in connector-registry user-directory auth-gateway; do
  allow "$service" --topic gatehouse. Describe DescribeConfigs
  allow "$service" --transactional-id "$service." Describe Write
done

# Those that consume keep what they could not handle. The registry consumes nothing: dead letters hold users, too.
for service in user-directory auth-gateway; do
  allow "$service" --topic gatehouse.dead-letters Read Write
  allow "$service" --group gatehouse-dead-letters- Read
done

allow connector-registry --topic gatehouse.connector. Write

allow user-directory --topic gatehouse.user. Write
allow user-directory --topic gatehouse.connector.state Read
allow user-directory --topic gatehouse.login.events Read
allow user-directory --group gatehouse-user-directory- Read

# Facts are read for the audit, states for the logins.
allow auth-gateway --topic gatehouse. Read
for topic in login session administrator api-key; do
  allow auth-gateway --topic "gatehouse.$topic.events" Write
done
allow auth-gateway --group gatehouse-gateway- Read

allow prepare --topic gatehouse. Create Alter AlterConfigs Describe DescribeConfigs
