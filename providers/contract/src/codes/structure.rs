//! Codes of the structural check: keys, types, units, references by name. See the table in [`super`].

crate::codes! {
    NOT_A_STRAWMAN = "AF0101" Error "This is not a strawman that afctl knows" "\
A strawman begins with `apiVersion: afctl.dev/v1alpha1` and `kind: Strawman`, so that a file of another program, or \
of another version of the language, is never taken for one.\n\n    apiVersion: afctl.dev/v1alpha1\n    kind: Strawman\n    \
metadata: {name: my-facility}\n    spec: …";
    UNKNOWN_KEY = "AF0102" Error "A key is not known here" "\
Every key is checked, because a misspelt key that is silently ignored is a wish that is silently not fulfilled. \
Names are in camelCase: `nodePools`, `maxWalltime`.\n\n`afctl explain FIELD` lists what can stand at a place; notes of \
your own go into comments.";
    MISSING_KEY = "AF0103" Error "A required key is missing" "\
Without this key the entry cannot be understood, and there is no default that would be right for everybody.\n\nAdd it; \
the help shows how it looks. `afctl explain FIELD` says more.";
    WRONG_TYPE = "AF0104" Error "A value is of the wrong type" "\
A number stands where a text is needed, a single value where a list is, and so on. afctl does not convert silently: \
`version: 1.10` would become 1.1.\n\nWrite lists as `[a, b]`, mappings as `key: value`, and quote texts that look like \
numbers: `\"1.10\"`.";
    NO_VALUE = "AF0105" Error "A key has no value" "\
The key is there and nothing stands behind its colon: an edit that was not finished, or lines below it that are not \
indented far enough to belong to it.\n\nWrite the value, or remove the key to take the default.";
    UNKNOWN_WORD = "AF0106" Error "A value is not one of those possible" "\
At this place only certain words have a meaning.\n\nWrite one of those listed; `afctl explain FIELD` says what each \
means. They are written exactly so, in lower case with hyphens unless shown otherwise.";
    UNKNOWN_KIND = "AF0107" Error "The kind is not known" "\
Here the inner key says the kind: `scheduler: {slurm: {…}}`, `hub: {jupyterhub: {…}}`.\n\nWrite one of the kinds \
listed. Whatever has a Helm chart can be a service of kind `chart`.";
    ONE_KIND = "AF0108" Error "Exactly one kind must be given" "\
Here the inner key says the kind, and there can be only one: a site has one scheduler, a storage one system.\n\nKeep \
one. For two services write two entries with names of their own.";
    NO_UNIT = "AF0109" Error "A quantity has no unit" "\
A bare number could be GB or GiB, hours or minutes, and the difference is what people get wrong. Quantities carry \
their unit.\n\nWrite `512GiB`, `4h`, `200Gbps`, `20000 GPU-hours/year`, `2000 USD/month`.";
    BAD_QUANTITY = "AF0110" Error "A quantity cannot be understood" "\
The text is not a quantity of the kind that this place needs.\n\nThe help says how it is written. Decimal (TB) and \
binary (TiB) units are different things: 500TB are 455TiB.";
    OUT_OF_RANGE = "AF0111" Error "A number is out of its range" "\
The number cannot be right at this place: a share of more than one, less than no nodes.\n\nShares are fractions: 25% \
are 0.25.";
    WRONG_COUNT = "AF0112" Error "There are too few or too many entries" "\
A list or mapping has fewer or more entries than can work here, for instance a queue with no pools.\n\nAdd or remove \
entries; if the section is not needed, remove its key.";
    BAD_NAME = "AF0113" Error "A text does not have the form it needs" "\
Names become names in Kubernetes, Slurm and AWS, and those take only certain characters: mostly lower-case letters, \
digits and hyphens, beginning with a letter.\n\nWrite `gpu-large` rather than `GPU Large`; a description may be free \
text.";
    BOOLEAN_WORD = "AF0114" Error "This word is a text, not true or false" "\
In YAML 1.2 only `true` and `false` are booleans. `yes`, `no`, `on` and `off` were in YAML 1.1, where the country code \
`no` became false.\n\nWrite `true` or `false`.";
    UNKNOWN_NAME = "AF0115" Error "A name is not defined" "\
The value names an entry of another section, and there is no such entry: a misspelling, or something that was renamed \
or removed.\n\nCorrect the name or define it. The names that exist are listed in the help.";
    MISPLACED_KEY = "AF0116" Error "A key stands at the wrong level" "\
The key is part of the language, but belongs one level further out or in. Usually the indentation is off.\n\nMove it \
to where the help says.";
    REPEATED_ITEM = "AF0117" Error "A list names the same thing twice" "\
The list is a set, or an order of preference: naming something twice has no meaning, and mostly another name was \
meant.\n\nRemove one of the two.";
    EMPTY_SECTION = "AF0120" Note "A section is empty" "\
The section is there but holds nothing, perhaps because its entries are commented out. It counts as left out.\n\n\
Nothing must be done; remove the key if it is not needed.";
    UNREADABLE = "AF0199" Error "The strawman could not be taken over" "\
The structural check passed but the typed reading did not. The two come from one definition, so this is a mistake of \
afctl.\n\nPlease report it with the few lines that cause it; writing the value in another form usually helps.";
}
