package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.zerohop.Printable;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.WatchRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Puts a prefix before every key that goes to etcd and takes it off every key that comes back. It is part of the channel, so no call can bypass it; an
 * unknown type of request is rejected, since its keys could be outside the namespace.
 */
public final class Namespace implements ClientInterceptor {
    /** etcd's range end for all keys from the first one on. */
    private static final ByteString ALL_FROM_HERE = ByteString.copyFrom(new byte[1]);

    /** Messages whose keys are all in fields named "key" and "range_end", directly or in nested messages. */
    private static final Set<Class<?>> KNOWN = Set.of(
            RangeRequest.class,
            PutRequest.class,
            DeleteRangeRequest.class,
            TxnRequest.class,
            WatchRequest.class,
            LeaseGrantRequest.class,
            LeaseKeepAliveRequest.class,
            LeaseRevokeRequest.class,
            LeaseTimeToLiveRequest.class);

    private final ByteString prefix;
    private final ByteString end;

    /** Every key of this namespace begins with {@code prefix}, which must pass {@link #check}. */
    Namespace(String prefix) {
        this.prefix = ByteString.copyFromUtf8(prefix);
        this.end = ByteString.copyFromUtf8(KeyRange.under(prefix).end());
    }

    /**
     * Checks a configured namespace; empty means none.
     *
     * @throws IllegalArgumentException if it does not end with a slash, or has control characters or an empty segment
     */
    public static String check(String what, String prefix) {
        boolean wellFormed = prefix.isEmpty()
                || (prefix.endsWith("/")
                        && prefix.length() > 1
                        && !prefix.contains("//")
                        && Printable.problem(prefix, Printable.MAX_VALUE) == null);
        if (!wellFormed) {
            throw new IllegalArgumentException(what + " was '" + Printable.text(prefix)
                    + "', expected a prefix of keys that ends with a slash, such as 'production/'");
        }
        return prefix;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onMessage(A answer) {
                                super.onMessage(sameType(answer, strip((Message) answer)));
                            }
                        },
                        headers);
            }

            @Override
            public void sendMessage(Q request) {
                super.sendMessage(sameType(request, add((Message) request)));
            }
        };
    }

    @SuppressWarnings("unchecked") // A message is replaced by one of its own type.
    private static <T> T sameType(T before, Object after) {
        return (T) before.getClass().cast(after);
    }

    private Message add(Message request) {
        if (!KNOWN.contains(request.getClass())) {
            throw new IllegalArgumentException(request.getClass().getSimpleName() + " was sent under the namespace '"
                    + this + "', expected one of the requests whose keys are known");
        }
        return added(request);
    }

    private Message added(Message request) {
        Message.Builder changed = withNested(request, this::added);
        FieldDescriptor key = request.getDescriptorForType().findFieldByName("key");
        if (key != null) {
            changed.setField(key, prefix.concat((ByteString) request.getField(key)));
        }
        FieldDescriptor rangeEnd = request.getDescriptorForType().findFieldByName("range_end");
        if (rangeEnd != null) {
            changed.setField(rangeEnd, rangeEnd((ByteString) request.getField(rangeEnd)));
        }
        return changed.build();
    }

    private ByteString rangeEnd(ByteString given) {
        if (given.isEmpty()) {
            return given;
        }
        return given.equals(ALL_FROM_HERE) ? end : prefix.concat(given);
    }

    private Message strip(Message answer) {
        if (answer instanceof KeyValue pair) {
            return pair.toBuilder().setKey(strip(pair.getKey())).build();
        }
        if (answer instanceof LeaseTimeToLiveResponse lease) {
            LeaseTimeToLiveResponse.Builder stripped = lease.toBuilder().clearKeys();
            lease.getKeysList().forEach(key -> stripped.addKeys(strip(key)));
            return stripped.build();
        }
        return withNested(answer, this::strip).build();
    }

    private ByteString strip(ByteString key) {
        return key.startsWith(prefix) ? key.substring(prefix.size()) : key;
    }

    /** The message with every message inside it changed. */
    private static Message.Builder withNested(Message message, UnaryOperator<Message> change) {
        Message.Builder changed = message.toBuilder();
        message.getAllFields().forEach((field, value) -> {
            if (value instanceof Message nested) {
                changed.setField(field, change.apply(nested));
            } else if (value instanceof List<?> list && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                changed.setField(
                        field,
                        list.stream().map(each -> change.apply((Message) each)).toList());
            }
        });
        return changed;
    }

    @Override
    public String toString() {
        return prefix.toStringUtf8();
    }
}
