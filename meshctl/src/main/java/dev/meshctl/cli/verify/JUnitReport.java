package dev.meshctl.cli.verify;

import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A report in the JUnit XML form that CI systems read: one suite for each cluster, one case for each check.
 * An unknown result is an error, never a pass; a warning passes and is told in {@code system-out}.
 */
public final class JUnitReport {
    private JUnitReport() {}

    /** The whole document, ending with a line end. */
    public static String write(VerifyReport report) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            xml.writeAttribute("name", "meshctl verify");
            totals(xml, report.results(), report.elapsed());
            for (String cluster : report.results().stream().map(CheckResult::cluster).distinct().toList()) {
                suite(xml, report, cluster);
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write the JUnit report", e);
        }
        return text + "\n";
    }

    private static void suite(XMLStreamWriter xml, VerifyReport report, String cluster) throws XMLStreamException {
        List<CheckResult> results = report.results().stream().filter(r -> r.cluster().equals(cluster)).toList();
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", cluster);
        xml.writeAttribute("timestamp", report.startedAt().toString());
        totals(xml, results, results.stream().map(CheckResult::duration).reduce(Duration.ZERO, Duration::plus));
        for (CheckResult result : results) {
            testCase(xml, result);
        }
        xml.writeEndElement();
    }

    private static void totals(XMLStreamWriter xml, List<CheckResult> results, Duration time)
            throws XMLStreamException {
        xml.writeAttribute("tests", String.valueOf(results.size()));
        xml.writeAttribute("failures", count(results, Result.FAIL));
        xml.writeAttribute("errors", count(results, Result.UNKNOWN));
        xml.writeAttribute("skipped", count(results, Result.SKIPPED));
        xml.writeAttribute("time", seconds(time));
    }

    private static void testCase(XMLStreamWriter xml, CheckResult result) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", "meshctl.verify." + result.check().category().name().toLowerCase(Locale.ROOT));
        xml.writeAttribute("name", result.check() + " " + result.check().title() + " (" + clean(result.subject()) + ")");
        xml.writeAttribute("time", seconds(result.duration()));
        switch (result.result()) {
            case PASS -> {}
            case WARN -> {
                xml.writeStartElement("system-out");
                xml.writeCharacters(clean("warning: " + result.evidence() + hint(result)));
                xml.writeEndElement();
            }
            case FAIL -> problem(xml, "failure", result);
            case UNKNOWN -> problem(xml, "error", result);
            case SKIPPED -> {
                xml.writeEmptyElement("skipped");
                xml.writeAttribute("message", clean(result.evidence()));
            }
        }
        xml.writeEndElement();
    }

    private static void problem(XMLStreamWriter xml, String element, CheckResult result) throws XMLStreamException {
        xml.writeStartElement(element);
        xml.writeAttribute("type", result.check().severity().name().toLowerCase(Locale.ROOT));
        xml.writeAttribute("message", clean(result.evidence()));
        xml.writeCharacters(clean(result.evidence() + hint(result)));
        xml.writeEndElement();
    }

    private static String hint(CheckResult result) {
        return result.hint().isEmpty() ? "" : "\nnext: " + result.hint();
    }

    private static String count(List<CheckResult> results, Result wanted) {
        return String.valueOf(results.stream().filter(r -> r.result() == wanted).count());
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.3f", time.toNanos() / 1e9);
    }

    /** Without what XML 1.0 cannot carry at all. */
    private static String clean(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c == '\n' || c == '\t' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD)
                        || c >= 0x10000 ? c : '\uFFFD')
                .forEach(out::appendCodePoint);
        return out.toString();
    }
}
