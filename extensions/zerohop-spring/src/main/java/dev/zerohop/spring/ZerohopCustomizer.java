package dev.zerohop.spring;

import dev.zerohop.okhttp.ZerohopOkHttp;
import okhttp3.OkHttpClient;

/** A bean that changes the HTTP clients of services before they are made. Several are called by their order. Both methods do nothing by default. */
public interface ZerohopCustomizer {

    /** The routing of a service. */
    default void customize(String service, ZerohopOkHttp.Builder routing) {}

    /** The client of a service, before zerohop is installed on it: time-outs, interceptors, TLS. */
    default void customize(String service, OkHttpClient.Builder client) {}
}
