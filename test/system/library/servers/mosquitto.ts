import type { Server } from '../server.ts';

const configuration = `persistence true
persistence_location /mosquitto/data/
log_dest file /mosquitto/log/mosquitto.log
log_type all
listener 1883
allow_anonymous true
listener 8883
cafile /mosquitto/config/cert
certfile /mosquitto/config/cert
keyfile /mosquitto/config/key
listener 1884
per_listener_settings false
password_file /mosquitto/config/users
acl_file /mosquitto/config/acl
`;

export const mosquitto: Server = {
  name: 'mosquitto',
  debian: 'mosquitto',
  setup: `mkdir -p /mosquitto/config; cd /mosquitto/config
cat >mosquitto.conf <<'END'\n${configuration}END
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 30 -keyout key -out cert 2>/dev/null
mosquitto_passwd -b -c users user word; printf 'topic readwrite #\\nuser user\\ntopic readwrite #\\n' >acl
chown 1883 key; chmod a+r users acl`,
  ready: 'mosquitto_pub -t ready -m x',
  workload: {
    'passes a message on': `mosquitto_sub -t news -C 1 -W 20 >/run/news & sleep 1; mosquitto_pub -t news -m hello; wait; grep hello /run/news`,
    'retains messages': `mosquitto_pub -r -q 1 -t kept -m old; mosquitto_sub -t kept -C 1 -W 20 | grep old`,
    'delivers over TLS': `cd /mosquitto/config; mosquitto_pub -h localhost -p 8883 --cafile cert -r -t tls -m safe; mosquitto_sub -t tls -C 1 -W 20 | grep safe`,
    'checks passwords': `mosquitto_pub -u user -P word -t a -m x; ! mosquitto_pub -u user -P wrong -t a -m x`,
    'stores its database': `kill -USR1 $server; sleep 2; [ -s /srv/mosquitto-data/mosquitto.db ]`,
    'reloads, and reopens its log': `mv /srv/mosquitto-log/mosquitto.log /srv/mosquitto-log/mosquitto.log.1; kill -HUP $server; sleep 2
mosquitto_pub -t a -m x; [ -s /srv/mosquitto-log/mosquitto.log ]`,
  },
  afterRestart: { 'has its messages again': 'mosquitto_sub -t kept -C 1 -W 20 | grep old' },
};
