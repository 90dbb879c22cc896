package dev.zerohop.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * The status page of another process, or what answers in its place.
 *
 * @param client asks for it
 * @param url where its state is
 * @param maxBytes how much of an answer is read at most
 */
record RemoteStatus(OkHttpClient client, HttpUrl url, int maxBytes) implements TopSource {
    /** What is shown of an answer that is none. */
    private static final int SHOWN = 1_000;

    static RemoteStatus of(String text) {
        HttpUrl given = HttpUrl.parse(text);
        if (given == null) {
            throw new BadInput("the URL was '" + text + "', expected one such as http://127.0.0.1:9000/");
        }
        List<String> path = given.pathSegments();
        boolean document = path.get(path.size() - 1).equals("state.json");
        return new RemoteStatus(
                new OkHttpClient.Builder().callTimeout(5, TimeUnit.SECONDS).build(),
                document
                        ? given
                        : given.newBuilder().addPathSegment("state.json").build(),
                MAX_BYTES);
    }

    @Override
    public String read() throws IOException {
        Request request = new Request.Builder().url(url).build();
        try (Response response = client.newCall(request).execute();
                InputStream body = response.body().byteStream()) {
            if (response.code() != 200) {
                String said = new String(body.readNBytes(SHOWN), StandardCharsets.UTF_8);
                throw new IOException("was answered with " + response.code() + " "
                        + said.lines().findFirst().orElse(""));
            }
            byte[] read = body.readNBytes(maxBytes + 1);
            if (read.length > maxBytes) {
                throw new IOException(
                        "the answer was longer than " + maxBytes + " bytes, expected the state.json of a status page");
            }
            return new String(read, StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        client.connectionPool().evictAll();
        client.dispatcher().executorService().shutdown();
    }
}
