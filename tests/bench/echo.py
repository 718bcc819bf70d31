"""A server that answers at once and keeps nothing: the floor of a round trip with paho.

python -m tests.bench.echo HOST PORT PASSWORD_FILE
"""

import sys
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import COMMAND, REPLY, match_topic, subscription, topic
from tests.helpers.broker import send_at_once


def main() -> None:
    host, port, password_file = sys.argv[1:]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="server", protocol=mqtt.MQTTv5)
    client.username_pw_set("server", Path(password_file).read_text("utf-8").strip())
    client.on_socket_open = send_at_once
    client.on_subscribe = lambda *_: print("ready", flush=True)

    def connected(*_: object) -> None:
        client.subscribe(subscription(COMMAND), qos=1)

    def answer(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        matched = match_topic(message.topic)
        assert matched is not None
        client.publish(topic(REPLY, client=ClientId(matched[1])), message.payload, qos=1)

    client.on_connect = connected
    client.on_message = answer
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
