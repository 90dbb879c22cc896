package dev.zerohop.opentelemetry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributesBuilder;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Every name that traces contain; {@code docs/tracing.md} lists them, and a test compares. */
final class TraceAttributes {
    static final AttributeKey<String> PEER_ADDRESS = AttributeKey.stringKey("network.peer.address");
    static final AttributeKey<Long> PEER_PORT = AttributeKey.longKey("network.peer.port");
    static final AttributeKey<String> SERVICE = AttributeKey.stringKey("zerohop.service");
    static final AttributeKey<String> POLICY = AttributeKey.stringKey("zerohop.policy");
    static final AttributeKey<String> ENDPOINT_ID = AttributeKey.stringKey("zerohop.endpoint.id");
    static final AttributeKey<String> ENDPOINT_ZONE = AttributeKey.stringKey("zerohop.endpoint.zone");
    static final AttributeKey<Long> ENDPOINT_ORDINAL = AttributeKey.longKey("zerohop.endpoint.ordinal");
    static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("zerohop.attempt");
    static final AttributeKey<Long> SHARD_EPOCH = AttributeKey.longKey("zerohop.shard.epoch");
    static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("zerohop.outcome");
    static final AttributeKey<String> KEY_HASH = AttributeKey.stringKey("zerohop.key.hash");
    static final AttributeKey<String> RETRY_RESULT = AttributeKey.stringKey("zerohop.retry.result");
    static final AttributeKey<String> REFUSAL_KIND = AttributeKey.stringKey("zerohop.refusal.kind");
    static final AttributeKey<Double> WAIT_DURATION = AttributeKey.doubleKey("zerohop.wait.duration");

    // Of spans of our own: the conventions for clients of HTTP and of RPC.
    static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
    static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    static final AttributeKey<String> HTTP_METHOD = AttributeKey.stringKey("http.request.method");
    static final AttributeKey<Long> HTTP_RESEND_COUNT = AttributeKey.longKey("http.request.resend_count");
    static final AttributeKey<Long> HTTP_STATUS_CODE = AttributeKey.longKey("http.response.status_code");
    static final AttributeKey<String> RPC_SYSTEM = AttributeKey.stringKey("rpc.system.name");
    static final AttributeKey<String> RPC_METHOD = AttributeKey.stringKey("rpc.method");
    static final AttributeKey<String> RPC_STATUS_CODE = AttributeKey.stringKey("rpc.status_code");

    static final String ATTEMPT_EVENT = "zerohop.attempt";
    static final String RETRY_EVENT = "zerohop.retry";
    static final String HEDGE_EVENT = "zerohop.hedge";
    static final String REFUSED_EVENT = "zerohop.refused";
    static final String WAIT_EVENT = "zerohop.wait";

    private TraceAttributes() {}

    /** A constant as it stands in attributes, the same as in the tags of metrics. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static void describe(AttemptTrace.Start start, AttributesBuilder to) {
        to.put(SERVICE, start.service());
        to.put(POLICY, start.policy());
        to.put(ATTEMPT, (long) start.number());
        Endpoint endpoint = start.endpoint();
        to.put(ENDPOINT_ID, endpoint.id());
        String zone = endpoint.zone();
        if (zone != null) {
            to.put(ENDPOINT_ZONE, zone);
        }
        if (endpoint.ordinal() != Endpoint.NO_ORDINAL) {
            to.put(ENDPOINT_ORDINAL, (long) endpoint.ordinal());
        }
        if (start.shardEpoch() != ShardMap.NO_EPOCH) {
            to.put(SHARD_EPOCH, start.shardEpoch());
        }
        Integer keyHash = start.keyHash();
        if (keyHash != null) {
            to.put(KEY_HASH, String.format(Locale.ROOT, "%08x", keyHash));
        }
    }

    static void peer(@Nullable SocketAddress peer, AttributesBuilder to) {
        if (peer instanceof InetSocketAddress inet) {
            to.put(
                    PEER_ADDRESS,
                    inet.getAddress() == null
                            ? inet.getHostString()
                            : inet.getAddress().getHostAddress());
            to.put(PEER_PORT, (long) inet.getPort());
        } else if (peer != null) {
            to.put(PEER_ADDRESS, peer.toString());
        }
    }
}
