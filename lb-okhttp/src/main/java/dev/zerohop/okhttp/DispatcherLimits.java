package dev.zerohop.okhttp;

import dev.zerohop.Log;
import java.util.Set;
import okhttp3.Dispatcher;

/** Raises the limit of asynchronous calls to one host name, which is made for one server behind it, where the name is a service of many. */
final class DispatcherLimits {
    private static final Log LOG = Log.of(ZerohopOkHttp.class);

    /** OkHttp's own limit, made for one server behind one host name. */
    private static final int OKHTTP_REQUESTS_PER_HOST = 5;

    private DispatcherLimits() {}

    static void raise(Dispatcher dispatcher, Set<String> services) {
        int perHost = dispatcher.getMaxRequestsPerHost();
        int all = dispatcher.getMaxRequests();
        if (perHost == OKHTTP_REQUESTS_PER_HOST && all > perHost) {
            dispatcher.setMaxRequestsPerHost(all);
            LOG.info(
                    "the dispatcher's limit of {} asynchronous calls per host was raised to {}, its limit for all"
                            + " hosts: {} are services of many endpoints",
                    perHost,
                    all,
                    services);
        } else if (perHost < all) {
            LOG.info("the dispatcher runs at most {} asynchronous calls at once to each of {}", perHost, services);
        }
    }
}
