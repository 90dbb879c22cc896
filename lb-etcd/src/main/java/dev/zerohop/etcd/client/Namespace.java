package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.Printable;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/**
 * Puts a prefix before every key that goes to etcd and takes it off every key that comes back. It sits in the channel, so that no call can pass it by; a
 * message that it does not know is refused rather than let through with a key outside of the namespace.
 */
public final class Namespace implements ClientInterceptor {
    private static final ByteString ALL_FROM_HERE = ByteString.copyFrom(new byte[1]);

    private final ByteString prefix;
    private final ByteString end;

    /** Every key of this namespace begins with {@code prefix}, which {@link #check passes}. */
    Namespace(String prefix) {
        this.prefix = ByteString.copyFromUtf8(prefix);
        this.end = ByteString.copyFromUtf8(KeyRange.under(prefix).end());
    }

    /**
     * A namespace as people give it; empty is none.
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
                                super.onMessage(sameType(answer, strip(answer)));
                            }
                        },
                        headers);
            }

            @Override
            public void sendMessage(Q request) {
                super.sendMessage(sameType(request, add(request)));
            }
        };
    }

    @SuppressWarnings("unchecked") // A message is replaced by one of its own type.
    private static <T> T sameType(T before, Object after) {
        return (T) before.getClass().cast(after);
    }

    // ---- requests ----

    private Object add(Object request) {
        if (request instanceof RangeRequest range) {
            return range(range);
        } else if (request instanceof PutRequest put) {
            return put(put);
        } else if (request instanceof DeleteRangeRequest delete) {
            return delete(delete);
        } else if (request instanceof TxnRequest transaction) {
            return transaction(transaction);
        } else if (request instanceof WatchRequest watch) {
            return watch(watch);
        } else if (request instanceof LeaseGrantRequest
                || request instanceof LeaseKeepAliveRequest
                || request instanceof LeaseRevokeRequest
                || request instanceof LeaseTimeToLiveRequest) {
            return request;
        }
        throw new IllegalArgumentException(request.getClass().getSimpleName() + " was sent under the namespace '"
                + prefix.toStringUtf8() + "', expected one of the requests whose keys are known");
    }

    private RangeRequest range(RangeRequest range) {
        return range.toBuilder()
                .setKey(prefix.concat(range.getKey()))
                .setRangeEnd(rangeEnd(range.getRangeEnd()))
                .build();
    }

    private PutRequest put(PutRequest put) {
        return put.toBuilder().setKey(prefix.concat(put.getKey())).build();
    }

    private DeleteRangeRequest delete(DeleteRangeRequest delete) {
        return delete.toBuilder()
                .setKey(prefix.concat(delete.getKey()))
                .setRangeEnd(rangeEnd(delete.getRangeEnd()))
                .build();
    }

    private WatchRequest watch(WatchRequest watch) {
        if (!watch.hasCreateRequest()) {
            return watch;
        }
        var create = watch.getCreateRequest();
        return watch.toBuilder()
                .setCreateRequest(create.toBuilder()
                        .setKey(prefix.concat(create.getKey()))
                        .setRangeEnd(rangeEnd(create.getRangeEnd())))
                .build();
    }

    private TxnRequest transaction(TxnRequest transaction) {
        TxnRequest.Builder builder = TxnRequest.newBuilder();
        for (Compare compare : transaction.getCompareList()) {
            builder.addCompare(compare.toBuilder()
                    .setKey(prefix.concat(compare.getKey()))
                    .setRangeEnd(rangeEnd(compare.getRangeEnd())));
        }
        transaction.getSuccessList().forEach(operation -> builder.addSuccess(operation(operation)));
        transaction.getFailureList().forEach(operation -> builder.addFailure(operation(operation)));
        return builder.build();
    }

    private RequestOp operation(RequestOp operation) {
        RequestOp.Builder builder = RequestOp.newBuilder();
        switch (operation.getRequestCase()) {
            case REQUEST_RANGE -> builder.setRequestRange(range(operation.getRequestRange()));
            case REQUEST_PUT -> builder.setRequestPut(put(operation.getRequestPut()));
            case REQUEST_DELETE_RANGE -> builder.setRequestDeleteRange(delete(operation.getRequestDeleteRange()));
            case REQUEST_TXN -> builder.setRequestTxn(transaction(operation.getRequestTxn()));
            case REQUEST_NOT_SET -> {}
        }
        return builder.build();
    }

    private ByteString rangeEnd(ByteString given) {
        if (given.isEmpty()) {
            return given;
        }
        return given.equals(ALL_FROM_HERE) ? end : prefix.concat(given);
    }

    // ---- answers ----

    private Object strip(Object answer) {
        if (answer instanceof RangeResponse range) {
            return strip(range);
        } else if (answer instanceof TxnResponse transaction) {
            return strip(transaction);
        } else if (answer instanceof WatchResponse watch) {
            return strip(watch);
        } else if (answer instanceof PutResponse put) {
            return strip(put);
        } else if (answer instanceof DeleteRangeResponse delete) {
            return strip(delete);
        } else if (answer instanceof LeaseTimeToLiveResponse lease) {
            LeaseTimeToLiveResponse.Builder builder = lease.toBuilder().clearKeys();
            lease.getKeysList().forEach(key -> builder.addKeys(strip(key)));
            return builder.build();
        }
        return answer;
    }

    private RangeResponse strip(RangeResponse range) {
        RangeResponse.Builder builder = range.toBuilder().clearKvs();
        range.getKvsList().forEach(pair -> builder.addKvs(strip(pair)));
        return builder.build();
    }

    private PutResponse strip(PutResponse put) {
        return put.hasPrevKv()
                ? put.toBuilder().setPrevKv(strip(put.getPrevKv())).build()
                : put;
    }

    private DeleteRangeResponse strip(DeleteRangeResponse delete) {
        DeleteRangeResponse.Builder builder = delete.toBuilder().clearPrevKvs();
        delete.getPrevKvsList().forEach(pair -> builder.addPrevKvs(strip(pair)));
        return builder.build();
    }

    private TxnResponse strip(TxnResponse transaction) {
        TxnResponse.Builder builder = transaction.toBuilder().clearResponses();
        for (ResponseOp operation : transaction.getResponsesList()) {
            ResponseOp.Builder stripped = ResponseOp.newBuilder();
            switch (operation.getResponseCase()) {
                case RESPONSE_RANGE -> stripped.setResponseRange(strip(operation.getResponseRange()));
                case RESPONSE_PUT -> stripped.setResponsePut(strip(operation.getResponsePut()));
                case RESPONSE_DELETE_RANGE ->
                    stripped.setResponseDeleteRange(strip(operation.getResponseDeleteRange()));
                case RESPONSE_TXN -> stripped.setResponseTxn(strip(operation.getResponseTxn()));
                case RESPONSE_NOT_SET -> {}
            }
            builder.addResponses(stripped);
        }
        return builder.build();
    }

    private WatchResponse strip(WatchResponse watch) {
        WatchResponse.Builder builder = watch.toBuilder().clearEvents();
        for (Event event : watch.getEventsList()) {
            Event.Builder stripped = event.toBuilder().setKv(strip(event.getKv()));
            if (event.hasPrevKv()) {
                stripped.setPrevKv(strip(event.getPrevKv()));
            }
            builder.addEvents(stripped);
        }
        return builder.build();
    }

    private KeyValue strip(KeyValue pair) {
        return pair.toBuilder().setKey(strip(pair.getKey())).build();
    }

    private ByteString strip(ByteString key) {
        return key.startsWith(prefix) ? key.substring(prefix.size()) : key;
    }

    @Override
    public String toString() {
        return prefix.toStringUtf8();
    }
}
