package dev.zerohop.okhttp;

import java.io.IOException;
import okhttp3.OkHttp;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** A small application; loaded with one version of OkHttp or another. */
public final class OtherVersionsCall {

    private OtherVersionsCall() {}

    /** A call of each kind to the endpoint at this port. */
    public static String run(int port) throws IOException {
        OkHttpClient client = ZerohopOkHttp.install(new OkHttpClient.Builder(), "orders", "static:///127.0.0.1:" + port)
                .build();
        Request get = new Request.Builder().url("http://orders/").build();
        Request post = get.newBuilder().post(RequestBody.create("x", null)).build();
        return text(client, get) + " " + text(client, post) + " with OkHttp " + OkHttp.VERSION;
    }

    private static String text(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.body().string();
        }
    }
}
