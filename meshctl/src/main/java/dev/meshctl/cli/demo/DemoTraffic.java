package dev.meshctl.cli.demo;

import dev.meshctl.sample.LoadClient;
import java.util.List;

/** A little traffic, so that the live table has something to show. */
final class DemoTraffic implements AutoCloseable {
    private final List<LoadClient> loads;

    private DemoTraffic(List<LoadClient> loads) {
        this.loads = loads;
    }

    static DemoTraffic start(DemoWorld world) throws DemoFailure {
        return new DemoTraffic(List.of(
                world.load("west/web/v1", CallAcross.PAYMENTS, 20),
                world.load("west/web/v1", "http://orders.shop/", 15),
                world.load("west/web/v1", "http://catalog.shop.svc.clusterset.local/", 10),
                world.load("east/catalog/v1", "http://inventory.shop/", 5)));
    }

    String description() {
        return "web calls payments, orders and catalog; catalog calls inventory";
    }

    @Override
    public void close() {
        loads.forEach(LoadClient::close);
    }
}
