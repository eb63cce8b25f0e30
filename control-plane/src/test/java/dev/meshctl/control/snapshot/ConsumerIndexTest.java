package dev.meshctl.control.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.Route;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.daemon.Counters;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsumerIndexTest {
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");
    private static final ServiceName ORDERS = ServiceName.parse("orders.shop");

    @TempDir
    Path directory;

    private FileStore store;

    @BeforeEach
    void open() throws Exception {
        store = new FileStore(directory, InstantSource.system(), new Counters());
    }

    private static Route route(String name, String parents) throws Exception {
        return (Route) ResourceParser.parseOne("test", """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: %s, namespace: web}
                spec: {parentRefs: [%s], rules: [{backendRefs: [{name: cache}]}]}
                """.formatted(name, parents), "web");
    }

    private void put(Route route) throws Exception {
        store.write(List.of(new Change.Put(route)));
    }

    private static List<String> of(ConsumerIndex index, ServiceName service) {
        return index.of(service).stream().map(route -> route.metadata().name()).sorted().toList();
    }

    @Test
    void routes_of_other_namespaces_are_found_by_the_services_that_they_call_before_and_after_it_began_to_listen() throws Exception {
        put(route("before", "{name: payments, namespace: shop}"));
        ConsumerIndex index = new ConsumerIndex(store);

        put(route("after", "{name: payments, namespace: shop}, {name: orders, namespace: shop}"));
        put(route("own", "{name: payments}"));

        assertThat(of(index, PAYMENTS)).containsExactly("after", "before");
        assertThat(of(index, ORDERS)).containsExactly("after");
        assertThat(of(index, ServiceName.parse("payments.web"))).as("that one is its producer's").isEmpty();
    }

    @Test
    void a_route_that_calls_another_service_or_is_deleted_is_not_found_any_more() throws Exception {
        ConsumerIndex index = new ConsumerIndex(store);
        put(route("r", "{name: payments, namespace: shop}"));

        put(route("r", "{name: orders, namespace: shop}"));
        assertThat(of(index, PAYMENTS)).isEmpty();
        assertThat(of(index, ORDERS)).containsExactly("r");

        store.write(List.of(new Change.Remove(route("r", "{name: orders}").key())));
        assertThat(of(index, ORDERS)).isEmpty();
    }
}
