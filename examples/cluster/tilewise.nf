// A module in the form of nf-core. Not run here: this machine has no Nextflow. The commands are those of docs/cluster.md.
process TILEWISE_PART {
    tag "${meta.id}"
    label 'process_gpu'

    conda "conda-forge::deno"
    container 'tilewise:local'  // examples/cluster/Dockerfile

    input:
    tuple val(meta), path(cohort, stageAs: 'cohort'), val(part)
    val state // a folder that all tasks share, outside of the work folder

    output:
    tuple val(meta), path("parts/*/*.tiles"), emit: tiles
    tuple val("${task.process}"), val('tilewise'), eval("tilewise --version | sed 's/tilewise //'"), topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    """
    tilewise infer --cohort ${cohort} --part ${part} --parts parts --state ${state} --threads ${task.cpus} --quiet ${args}
    """

    stub:
    """
    mkdir -p parts/000
    touch parts/000/${String.format('%06d', part)}.tiles
    """
}

process TILEWISE_MERGE {
    tag "${meta.id}"
    label 'process_single'

    container 'tilewise:local'

    input:
    tuple val(meta), path(cohort, stageAs: 'cohort'), path(tiles, stageAs: 'tiles/*')

    output:
    tuple val(meta), path('results'), emit: results
    tuple val("${task.process}"), val('tilewise'), eval("tilewise --version | sed 's/tilewise //'"), topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    """
    for file in tiles/*.tiles; do
        number=\$(basename \$file .tiles)
        folder=parts/\$(printf %03d \$((10#\$number / 1000)))
        mkdir -p \$folder
        ln -s "\$PWD/\$file" \$folder/
    done
    tilewise merge ${cohort} --parts parts --out results --quiet
    """

    stub:
    """
    mkdir results
    """
}
