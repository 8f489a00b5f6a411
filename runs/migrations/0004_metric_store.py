from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('runs', '0003_attempt_token_index'),
    ]

    operations = [
        # Chunk is made anew rather than altered (nothing was ever stored in it): the order of its columns counts.
        migrations.DeleteModel(name='Chunk'),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('attempt', models.PositiveIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('sealed_through', models.PositiveBigIntegerField(default=0)),
                ('min_step', models.BigIntegerField()),
                ('max_step', models.BigIntegerField()),
                ('min_time', models.FloatField(null=True)),
                ('max_time', models.FloatField(null=True)),
                ('min_epoch', models.FloatField(null=True)),
                ('max_epoch', models.FloatField(null=True)),
                ('min_tokens', models.FloatField(null=True)),
                ('max_tokens', models.FloatField(null=True)),
                ('outline', models.BinaryField()),
                ('data', models.BinaryField()),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='runs.series')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('series', 'number'), name='one_chunk_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Rewind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.PositiveIntegerField()),
                ('step', models.BigIntegerField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rewinds', to='runs.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'attempt'), name='one_rewind_an_attempt')],
            },
        ),
        migrations.AddField(model_name='series', name='first_time', field=models.FloatField(null=True)),
        migrations.AddField(model_name='series', name='last_attempt', field=models.PositiveIntegerField(default=0)),
        migrations.AlterField(model_name='series', name='first_step', field=models.BigIntegerField(null=True)),
        migrations.AlterField(model_name='series', name='last_step', field=models.BigIntegerField(null=True)),
        migrations.AlterField(model_name='series', name='min_step', field=models.BigIntegerField(null=True)),
        migrations.AlterField(model_name='series', name='max_step', field=models.BigIntegerField(null=True)),
    ]
