package dev.meshctl.cli.install.kubernetes.crd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The checker finds what an API server would refuse; otherwise its silence would say nothing. */
class DefinitionCheckTest {
    private static final YAMLMapper YAML = YAMLMapper.builder().build();
    private static final String GOOD = """
            type: object
            properties:
              spec:
                type: object
                properties:
                  name: {type: string, maxLength: 63}
                  count: {type: integer}
                  items: {type: array, maxItems: 10, items: {type: string, maxLength: 63}}
            """;

    @Test
    void a_good_schema_has_no_problems() {
        assertThat(StructuralSchema.problems(YAML.readTree(GOOD))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}], pattern: '^a$'}",
        "{x-kubernetes-preserve-unknown-fields: true}",
        "{type: object, additionalProperties: {type: string}}",
        "{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
        "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a, b], items: {type: object, required: [a],"
                + " properties: {a: {type: string}, b: {type: string, default: c}}}}",
        "{type: object, properties: {a: {type: string}}, oneOf: [{required: [a]}, {properties: {a: {minLength: 1}}}]}",
        "{type: object, default: {}, properties: {a: {type: string, default: b, enum: [b]}}}"})
    void what_an_api_server_takes_is_no_problem(String field) {
        assertThat(problemsWith(field)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                          | type is missing
            {type: text}                                                | unknown type text
            {type: [string, integer]}                                   | type is missing
            {type: array}                                               | items are missing
            {type: string, $ref: a}                                     | $ref is not allowed
            {type: string, deprecated: true}                            | deprecated is not allowed
            {type: string, nulable: true}                               | unknown keyword nulable
            {type: array, items: {}}                                    | type is missing
            {type: array, uniqueItems: true, items: {type: string}}     | uniqueItems must not be true
            {type: object, properties: {a: {type: string}}, additionalProperties: {type: string}} | exclude each other
            {type: string, properties: {a: {type: string}}}             | only an object has properties
            {type: object, required: [a]}                               | required, but no property: a
            {type: integer, maxLength: 3}                               | maxLength is for type string
            {type: string, minimum: 3}                                  | minimum is for numbers
            {type: number, minimum: 0, exclusiveMinimum: 3}             | exclusiveMinimum is true or false
            {type: string, pattern: '('}                                | no pattern
            {type: string, pattern: '(?=a)b'}                           | RE2 has no such pattern
            {type: string, enum: [a, 1]}                                | enum has what is no string
            {type: string, default: 3}                                  | the default is not valid
            {type: string, enum: [a], default: b}                       | the default is not valid
            {type: object, properties: {a: {type: string}}, default: {b: c}}   | the default has unknown fields
            {type: string, x-kubernetes-int-or-string: true}            | goes with no type
            {x-kubernetes-int-or-string: true, x-kubernetes-preserve-unknown-fields: true} | goes with no type
            {type: string, x-kubernetes-preserve-unknown-fields: true}  | is for objects
            {type: object, x-kubernetes-embedded-resource: true}        | needs an object with properties
            {type: string, x-kubernetes-list-type: set}                 | of a list
            {type: array, x-kubernetes-list-type: bag, items: {type: string}}  | atomic, set or map
            {type: array, x-kubernetes-list-type: map, items: {type: object}}  | need each other
            {type: array, x-kubernetes-list-map-keys: [a], items: {type: object}} | need each other
            {type: array, x-kubernetes-list-type: set, items: {type: object}}  | needs scalars or atomic items
            {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a], items: {type: object, properties: {a: {type: string}}}} | must be required or have a default
            {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b], items: {type: object, properties: {a: {type: string}}}} | no scalar property
            {type: string, anyOf: [{type: string}]}                     | type is not allowed within
            {type: string, allOf: [{description: a}]}                   | description is not allowed within
            {type: object, oneOf: [{properties: {a: {minLength: 1}}}]}  | is not specified outside
            {type: object, not: {required: [a]}}                        | not specified outside
            {type: string, not: {default: a}}                           | default is not allowed within
            {type: object, anyOf: [{additionalProperties: {}}]}         | additionalProperties is not allowed within
            """)
    void what_an_api_server_refuses_is_found(String field, String problem) {
        assertThat(problemsWith(field)).anyMatch(found -> found.contains(problem));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
            self.nam == 'a'                                ; no such field: nam
            self.name == 'a'                               ; may be missing
            has(self.name) && self.name == 3               ; expected string, found integer
            has(self.name)                                 ; OK
            !has(self.name) || self.name == 'a'            ; OK
            self.name                                      ; may be missing
            'a'                                            ; must be true or false
            has(self.list) && self.list.all(x, x == 'a')   ; OK
            has(self.list) && self.list.all(x, y == 'a')   ; no such field: y
            has(self.free) && self.free.all(x, x == 'a')   ; unbounded: maxItems
            has(self.text) && duration(self.text) == duration('1s')   ; unbounded: maxLength
            has(self.list) && self.list.all(a, self.list.all(b, self.list.all(c, self.list.all(d, a == d))))   ; rule costs
            self ==                                        ; ends too early
            self.name.foo('a')                             ; may be missing
            """)
    void rules_that_cannot_be_right_are_found(String rule, String problem) {
        String field = """
                {type: object, x-kubernetes-validations: [{rule: "%s", message: m}], properties: {
                  name: {type: string, maxLength: 9}, text: {type: string},
                  list: {type: array, maxItems: 100, items: {type: string, maxLength: 9}},
                  free: {type: array, items: {type: string}}}}
                """.formatted(rule);

        List<String> found = problemsWith(field);

        if (problem.equals("OK")) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).anyMatch(text -> text.contains(problem));
        }
    }

    @Test
    void a_rule_inside_a_list_without_bound_is_found() {
        assertThat(problemsWith("""
                {type: array, items: {type: string, maxLength: 3, x-kubernetes-validations: [{rule: self == 'a', message: m}]}}
                """)).anyMatch(found -> found.contains("without bound"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {type: string}                                                      | must be an object
            {type: object, additionalProperties: {type: string}}                | must not be at the root
            {type: object, default: {}}                                         | may have a default
            {type: object, properties: {metadata: {type: object, default: {}}}} | may have a default
            {type: object, properties: {metadata: {type: object, properties: {labels: {type: object}}}}} | only name and generateName
            {type: object, properties: {metadata: {type: object, required: [name], properties: {name: {type: string}}}}} | required is not allowed
            {type: object, properties: {kind: {type: integer}}}                 | must be a string
            """)
    void roots_that_an_api_server_refuses_are_found(String schema, String problem) {
        assertThat(StructuralSchema.problems(YAML.readTree(schema))).anyMatch(found -> found.contains(problem));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            name: tests.meshctl.dev  | name: test.meshctl.dev     | must be named
            scope: Cluster           | scope: cluster             | scope is Namespaced or Cluster
            singular: test           | singular: tst              | singular must be
            listKind: TestList       | listKind: Tests            | listKind must be
            shortNames: [te]         | shortNames: [tests]        | names must differ
            shortNames: [te]         | shortNames: [Te]           | no lower-case name
            storage: true            | storage: false             | exactly one version
            status: {}               | scales: {}                 | unknown subresource
            status: {}               | scale: {}                  | need each other
            .spec.count              | .spec.cnt                  | is not there
            .spec.count              | spec.count                 | no simple path
            type: integer, jsonPath  | type: string, jsonPath     | is string, the field integer
            type: integer, jsonPath  | type: int, jsonPath        | no type of columns
            """)
    void definitions_that_an_api_server_refuses_are_found(String from, String to, String problem) {
        String good = """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: tests.meshctl.dev}
                spec:
                  group: meshctl.dev
                  scope: Cluster
                  names: {kind: Test, listKind: TestList, plural: tests, singular: test, shortNames: [te]}
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      subresources: {status: {}}
                      additionalPrinterColumns: [{name: Count, type: integer, jsonPath: .spec.count}]
                      schema:
                        openAPIV3Schema:
                          type: object
                          properties:
                            spec: {type: object, properties: {count: {type: integer}}}
                            status: {type: object, properties: {count: {type: integer}}}
                """;
        assertThat(DefinitionCheck.problems(YAML.readTree(good))).isEmpty();
        assertThat(good).contains(from);

        assertThat(DefinitionCheck.problems(YAML.readTree(good.replace(from, to)))).anyMatch(found -> found.contains(problem));
    }

    private static List<String> problemsWith(String field) {
        String indented = field.replace("\n", " ");
        JsonNode schema = YAML.readTree(GOOD + "      tested: " + indented + "\n");
        return StructuralSchema.problems(schema);
    }
}
