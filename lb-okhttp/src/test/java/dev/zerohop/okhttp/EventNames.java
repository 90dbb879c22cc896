package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.Handshake;
import okhttp3.HttpUrl;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Writes down what OkHttp reports of a call. */
final class EventNames extends EventListener {
    private final List<String> events;

    EventNames(List<String> events) {
        this.events = events;
    }

    @Override
    public void callStart(Call call) {
        events.add("callStart");
    }

    @Override
    public void proxySelectStart(Call call, HttpUrl url) {
        events.add("proxySelectStart " + url.host());
    }

    @Override
    public void proxySelectEnd(Call call, HttpUrl url, List<Proxy> proxies) {
        events.add("proxySelectEnd " + proxies);
    }

    @Override
    public void dnsStart(Call call, String host) {
        events.add("dnsStart " + host);
    }

    @Override
    public void dnsEnd(Call call, String host, List<InetAddress> addresses) {
        events.add("dnsEnd " + addresses);
    }

    @Override
    public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        events.add("connectStart " + address + " " + proxy);
    }

    @Override
    public void secureConnectStart(Call call) {
        events.add("secureConnectStart");
    }

    @Override
    public void secureConnectEnd(Call call, @Nullable Handshake handshake) {
        events.add("secureConnectEnd");
    }

    @Override
    public void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
        events.add("connectEnd " + address + " " + protocol);
    }

    @Override
    public void connectFailed(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException failure) {
        events.add("connectFailed " + address + " " + failure.getClass().getSimpleName());
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        events.add("connectionAcquired " + connection.route().address().url().host());
    }

    @Override
    public void connectionReleased(Call call, Connection connection) {
        events.add("connectionReleased " + connection.route().address().url().host());
    }

    @Override
    public void requestHeadersStart(Call call) {
        events.add("requestHeadersStart");
    }

    @Override
    public void requestHeadersEnd(Call call, Request request) {
        events.add("requestHeadersEnd " + request.method() + " " + request.url());
    }

    @Override
    public void requestBodyStart(Call call) {
        events.add("requestBodyStart");
    }

    @Override
    public void requestBodyEnd(Call call, long byteCount) {
        events.add("requestBodyEnd " + byteCount);
    }

    @Override
    public void requestFailed(Call call, IOException failure) {
        events.add("requestFailed " + failure.getClass().getSimpleName());
    }

    @Override
    public void responseHeadersStart(Call call) {
        events.add("responseHeadersStart");
    }

    @Override
    public void responseHeadersEnd(Call call, Response response) {
        events.add("responseHeadersEnd " + response.code());
    }

    @Override
    public void responseBodyStart(Call call) {
        events.add("responseBodyStart");
    }

    @Override
    public void responseBodyEnd(Call call, long byteCount) {
        events.add("responseBodyEnd " + byteCount);
    }

    @Override
    public void responseFailed(Call call, IOException failure) {
        events.add("responseFailed " + failure.getClass().getSimpleName());
    }

    @Override
    public void callEnd(Call call) {
        events.add("callEnd");
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        events.add("callFailed " + failure.getClass().getName());
    }

    @Override
    public void canceled(Call call) {
        events.add("canceled");
    }

    @Override
    public void satisfactionFailure(Call call, Response response) {
        events.add("satisfactionFailure " + response.code());
    }

    @Override
    public void cacheHit(Call call, Response response) {
        events.add("cacheHit " + response.code());
    }

    @Override
    public void cacheMiss(Call call) {
        events.add("cacheMiss");
    }

    @Override
    public void cacheConditionalHit(Call call, Response response) {
        events.add("cacheConditionalHit");
    }

    @Override
    public void retryDecision(Call call, IOException failure, boolean retry) {
        events.add("retryDecision " + retry);
    }

    @Override
    public void followUpDecision(Call call, Response response, @Nullable Request next) {
        events.add("followUpDecision " + response.code() + " " + (next == null ? "none" : next.url()));
    }
}
