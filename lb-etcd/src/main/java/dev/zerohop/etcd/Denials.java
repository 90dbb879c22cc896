package dev.zerohop.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** etcd says "permission denied" and nothing else; this adds who may not do what, and the command that grants it. It sees keys as etcd does. */
final class Denials implements ClientInterceptor {
    private final String who;

    Denials(@Nullable Login login) {
        this.who = login == null ? "" : "user '" + login.user() + "'";
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            private volatile @Nullable Object sent;

            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                super.onClose(explained(status, sent), trailers);
                            }
                        },
                        headers);
            }

            @Override
            public void sendMessage(Q request) {
                sent = request;
                super.sendMessage(request);
            }
        };
    }

    private Status explained(Status status, @Nullable Object request) {
        String text = String.valueOf(status.getDescription());
        if (text.contains("permission denied") && request != null) {
            return status.augmentDescription(missing(request));
        }
        if (text.contains("user name is empty") && who.isEmpty()) {
            return status.augmentDescription(
                    "no user is set and this etcd asks for one: set user and password in the API or in the file that "
                            + ConfigFile.VARIABLE + " names");
        }
        return status;
    }

    private String missing(Object request) {
        Needs needs = new Needs();
        needs.add(request);
        String caller = who.isEmpty() ? "the user of the client certificate" : who;
        if (needs.ranges.isEmpty()) {
            return caller + " has no role that allows " + request.getClass().getSimpleName();
        }
        return caller + " may not " + needs.verb() + " " + needs.shown() + "; to allow it: " + needs.grant();
    }

    /** What a request reads and writes. */
    private static final class Needs {
        private final List<KeyRange> ranges = new ArrayList<>();
        private boolean reads;
        private boolean writes;

        void add(Object request) {
            if (request instanceof RangeRequest range) {
                read(range.getKey(), range.getRangeEnd());
            } else if (request instanceof PutRequest put) {
                write(put.getKey(), ByteString.EMPTY);
            } else if (request instanceof DeleteRangeRequest delete) {
                write(delete.getKey(), delete.getRangeEnd());
            } else if (request instanceof TxnRequest transaction) {
                for (Compare compare : transaction.getCompareList()) {
                    read(compare.getKey(), compare.getRangeEnd());
                }
                transaction.getSuccessList().forEach(this::add);
                transaction.getFailureList().forEach(this::add);
            } else if (request instanceof RequestOp operation) {
                switch (operation.getRequestCase()) {
                    case REQUEST_RANGE -> add(operation.getRequestRange());
                    case REQUEST_PUT -> add(operation.getRequestPut());
                    case REQUEST_DELETE_RANGE -> add(operation.getRequestDeleteRange());
                    case REQUEST_TXN -> add(operation.getRequestTxn());
                    case REQUEST_NOT_SET -> {}
                }
            }
        }

        private void read(ByteString key, ByteString end) {
            reads = true;
            range(key, end);
        }

        private void write(ByteString key, ByteString end) {
            writes = true;
            range(key, end);
        }

        private void range(ByteString key, ByteString end) {
            KeyRange range = new KeyRange(key.toStringUtf8(), end.toStringUtf8());
            if (!ranges.contains(range)) {
                ranges.add(range);
            }
        }

        String verb() {
            return reads && writes ? "read and write" : reads ? "read" : "write";
        }

        String shown() {
            return ranges.stream().map(KeyRange::toString).collect(Collectors.joining(", "));
        }

        String grant() {
            String type = reads && writes ? "readwrite" : reads ? "read" : "write";
            String command = "etcdctl role grant-permission ROLE " + type + " ";
            String directory = commonDirectory();
            if (ranges.size() > 1 && !directory.isEmpty()) {
                return command + "--prefix '" + directory + "'";
            }
            return ranges.stream().map(range -> command + argument(range)).collect(Collectors.joining(" && "));
        }

        private static String argument(KeyRange range) {
            if (range.end().isEmpty()) {
                return "'" + range.from() + "'";
            }
            boolean directory =
                    range.from().endsWith("/") && KeyRange.under(range.from()).equals(range);
            return directory ? "--prefix '" + range.from() + "'" : "'" + range.from() + "' '" + range.end() + "'";
        }

        private String commonDirectory() {
            String common = ranges.get(0).from();
            for (KeyRange range : ranges) {
                while (!range.from().startsWith(common)) {
                    common = common.substring(0, common.length() - 1);
                }
            }
            return common.substring(0, common.lastIndexOf('/') + 1);
        }
    }
}
