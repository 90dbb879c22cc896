package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Adds to etcd's bare "permission denied" the user, the missing permission and the command that grants it. Sees keys as etcd does. */
final class PermissionErrorInterceptor implements ClientInterceptor {
    private static final String LAYOUT = "zerohop/v1/";

    private final String user;

    PermissionErrorInterceptor(@Nullable Login login) {
        this.user = login == null ? "" : "user '" + login.user() + "'";
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
        if (text.contains("user name is empty") && user.isEmpty()) {
            return status.augmentDescription(
                    "no user is set and this etcd requires one: set user and password in the API or in the file that "
                            + ConfigFile.VARIABLE + " names");
        }
        return status;
    }

    private String missing(Object request) {
        Needs needs = new Needs();
        needs.add(request);
        String caller = user.isEmpty() ? "the user of the client certificate" : user;
        if (needs.ranges.isEmpty()) {
            return caller + " has no role that allows " + request.getClass().getSimpleName();
        }
        return caller + " may not " + needs.verb() + " " + needs.shown() + "; to allow it: " + needs.grant();
    }

    /** What a request reads and writes. */
    private static final class Needs {
        private final Map<KeyRange, Right> ranges = new LinkedHashMap<>();

        void add(Object request) {
            if (request instanceof RangeRequest range) {
                range(range.getKey(), range.getRangeEnd(), Right.READ);
            } else if (request instanceof Compare compare) {
                range(compare.getKey(), compare.getRangeEnd(), Right.READ);
            } else if (request instanceof PutRequest put) {
                range(put.getKey(), ByteString.EMPTY, Right.WRITE);
            } else if (request instanceof DeleteRangeRequest delete) {
                range(delete.getKey(), delete.getRangeEnd(), Right.WRITE);
            } else if (request instanceof List<?> parts) {
                parts.forEach(this::add);
            } else if (request instanceof TxnRequest || request instanceof RequestOp) {
                ((Message) request).getAllFields().values().forEach(this::add);
            }
        }

        private void range(ByteString key, ByteString end, Right right) {
            ranges.merge(new KeyRange(key.toStringUtf8(), end.toStringUtf8()), right, Right::and);
        }

        String verb() {
            return ranges.values().stream().reduce(Right::and).orElseThrow().verb;
        }

        String shown() {
            return ranges.keySet().stream().map(KeyRange::toString).collect(Collectors.joining(", "));
        }

        /** One command for the keys of one service and kind: a wider prefix would include other services. */
        String grant() {
            Map<Group, List<KeyRange>> groups = new LinkedHashMap<>();
            ranges.forEach((range, right) -> groups.computeIfAbsent(
                            new Group(right, home(range.from())), absent -> new ArrayList<>())
                    .add(range));
            return groups.entrySet().stream()
                    .flatMap(group -> {
                        List<KeyRange> members = group.getValue();
                        String directory = commonDirectory(members);
                        String command = "etcdctl role grant-permission ROLE "
                                + group.getKey().right().type + " ";
                        return members.size() > 1 && !directory.isEmpty()
                                ? Stream.of(command + "--prefix '" + directory + "'")
                                : members.stream().map(range -> command + argument(range));
                    })
                    .collect(Collectors.joining(" && "));
        }

        /** The common prefix of all keys of the key's service; outside the layout the key's directory. */
        private static String home(String key) {
            int layout = key.indexOf(LAYOUT);
            int part = layout < 0 ? -1 : key.indexOf('/', layout + LAYOUT.length());
            int service = part < 0 ? -1 : key.indexOf('/', part + 1);
            return key.substring(0, (service < 0 ? key.lastIndexOf('/') : service) + 1);
        }

        private static String argument(KeyRange range) {
            if (range.end().isEmpty()) {
                return "'" + range.from() + "'";
            }
            boolean directory =
                    range.from().endsWith("/") && KeyRange.under(range.from()).equals(range);
            return directory ? "--prefix '" + range.from() + "'" : "'" + range.from() + "' '" + range.end() + "'";
        }

        private static String commonDirectory(List<KeyRange> ranges) {
            String common = ranges.get(0).from();
            for (KeyRange range : ranges) {
                while (!range.from().startsWith(common)) {
                    common = common.substring(0, common.length() - 1);
                }
            }
            return common.substring(0, common.lastIndexOf('/') + 1);
        }
    }

    private record Group(Right right, String home) {}

    private enum Right {
        READ("read", "read"),
        /** A written key is also read, at the next renewal at the latest. */
        WRITE("readwrite", "write"),
        READ_AND_WRITE("readwrite", "read and write");

        private final String type;
        private final String verb;

        Right(String type, String verb) {
            this.type = type;
            this.verb = verb;
        }

        Right and(Right other) {
            return this == other ? this : READ_AND_WRITE;
        }
    }
}
