package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.Target;
import dev.zerohop.admin.StatusPage;
import dev.zerohop.config.Configurations;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop top}. */
@Command(
        name = "top",
        description = {
            "Shows the endpoints of a running process, or of a target, and renews them every second until q is pressed. The keys t, s, l and f sort by status, share,"
                    + " latency and failures. Where the output is no terminal it prints a table each second.",
            "",
            "A URL is that of a status page (--admin-port of other commands). Of a target it follows the source and sends no traffic, so only a URL shows shares."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class TopCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "TARGET|URL",
            description = "the source of endpoints, or the address of a status page such as http://127.0.0.1:9000/")
    private String target = "";

    @Option(
            names = "--sort",
            paramLabel = "BY",
            defaultValue = "status",
            description =
                    "status (what takes no calls first), share, latency or failures, the largest first (default: ${DEFAULT-VALUE})")
    private String sortName = "";

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text, or json (one object on one line each second) (default: ${DEFAULT-VALUE})")
    private String output = "";

    TopCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        TopTable.Sort sort = TopTable.Sort.of(sortName);
        boolean url = target.startsWith("http://") || target.startsWith("https://");
        try (TopSource source = url ? RemoteStatus.of(target) : OwnStatus.of(Targets.parse(target))) {
            CountDownLatch over = new CountDownLatch(1);
            boolean screen = form == Output.TEXT && console.outColumns() > 0;
            try (Terminal terminal = screen ? Terminal.take(console) : Terminal.NONE) {
                Show show = new Show(source, form, terminal, sort);
                terminal.onKey(key -> {
                    show.sort = TopTable.Sort.ofKey(key, show.sort);
                    if (key == 'q' || key == 'Q') {
                        over.countDown();
                    }
                });
                return Interruptible.run(0, over::countDown, () -> {
                    do {
                        if (!show.tick()) {
                            break;
                        }
                    } while (!over.await(1, TimeUnit.SECONDS));
                    return Main.OK;
                });
            }
        }
    }

    /** One reading after the other. */
    private final class Show {
        private final TopSource source;
        private final Output form;
        private final Terminal terminal;
        private volatile TopTable.Sort sort;
        private @Nullable String last;

        Show(TopSource source, Output form, Terminal terminal, TopTable.Sort sort) {
            this.source = source;
            this.form = form;
            this.terminal = terminal;
            this.sort = sort;
        }

        /** Returns false when the output is closed. */
        boolean tick() throws IOException {
            String gone = null;
            String now = last;
            try {
                String read = source.read();
                // A proxy may answer with a page of its own: what was read before stays.
                document(read);
                now = read;
                last = now;
            } catch (IOException unreadable) {
                gone = target + " cannot be read: " + unreadable.getMessage();
            }
            if (now == null) {
                throw new Failure(String.valueOf(gone));
            }
            if (form == Output.JSON) {
                if (gone != null) {
                    console.note(gone);
                    return true;
                }
                return console.line(now);
            }
            TopTable table = new TopTable(document(now), sort);
            if (terminal == Terminal.NONE) {
                return console.line(String.join("\n", table.lines(TopTable.PLAIN_COLUMNS, Integer.MAX_VALUE, gone)));
            }
            Terminal.Size size = terminal.size();
            return console.screen(table.lines(size.columns(), size.rows(), gone));
        }

        private Map<?, ?> document(String text) throws IOException {
            if (JsonReader.tree(text, TopSource.MAX_CHARACTERS) instanceof Map<?, ?> fields
                    && fields.get("services") instanceof List<?>) {
                return fields;
            }
            throw new IOException("it answered with JSON that is not of a status page, expected that of state.json");
        }
    }

    /** What is read once a second. */
    interface TopSource extends AutoCloseable {
        int MAX_CHARACTERS = 64 << 20;

        /** The text of {@code state.json}. */
        String read() throws IOException;

        @Override
        void close();
    }

    /** A page of another process. */
    private record RemoteStatus(OkHttpClient client, HttpUrl url) implements TopSource {
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
                            : given.newBuilder().addPathSegment("state.json").build());
        }

        @Override
        public String read() throws IOException {
            Request request = new Request.Builder().url(url).build();
            try (Response response = client.newCall(request).execute()) {
                String text = response.body().string();
                if (response.code() != 200) {
                    throw new IOException("was answered with " + response.code() + " "
                            + text.lines().findFirst().orElse(""));
                }
                return text;
            }
        }

        @Override
        public void close() {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    /** A page of this process, over a balancer of its own. */
    private record OwnStatus(StatusPage page, Balancer balancer) implements TopSource {
        static OwnStatus of(Target target) {
            StatusPage page = StatusPage.create();
            Balancer balancer = Balancer.builder(target.text())
                    .resolver(Targets.newResolver(target))
                    .defaults(Configurations.defaults())
                    .followSourceConfiguration(Checkless::of)
                    .build();
            balancer.start();
            return new OwnStatus(page, balancer);
        }

        @Override
        public String read() {
            return page.respond("GET", "localhost", "/state.json", null).text();
        }

        @Override
        public void close() {
            balancer.close();
            page.close();
        }
    }
}
